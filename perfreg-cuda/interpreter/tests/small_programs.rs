//! Programs of a few lines: what the interpreter computes, and what it refuses.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

use perfreg_ptx::{Counts, Fault, Launch, Memory, Program, Wrong};

/// A kernel whose argument is the address of 64 numbers, one a thread, in `%rd3`; `%r1` is the thread.
fn kernel(body: &str) -> String {
    format!(
        "
.version 9.0
.target sm_80
.visible .entry small(
	.param .align 8 .b8 small_param_0[8]
)
{{
	.shared .align 16 .b8 room[1024];
	mov.u32 	%r1, %tid.x; // the thread
	ld.param.u64 	%rd1, [small_param_0];
	cvta.to.global.u64 	%rd2, %rd1;
	mul.wide.u32 	%rd4, %r1, 4;
	add.s64 	%rd3, %rd2, %rd4;
{body}
	ret;
}}
"
    )
}

/// What 64 threads leave in their numbers.
fn run(body: &str) -> Result<(Vec<u32>, Counts), Fault> {
    let program = Program::parse(&kernel(body), "small")?;
    let mut memory = Memory::new();
    let address = memory.allocate(vec![0xff; 256]);
    let arguments = address.to_le_bytes();
    let launch = Launch { grid: [1; 3], threads: 64, shared_bytes: 0, arguments: &arguments };
    let counts = program.run(&mut memory, &launch)?;
    let numbers = memory.region(address).as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b));
    Ok((numbers.collect(), counts))
}

fn wrong(body: &str) -> Wrong {
    match run(body).unwrap_err() {
        Fault::Execution { what, .. } => what,
        fault => panic!("{fault}"),
    }
}

#[test]
fn lanes_part_and_meet_again() {
    let (numbers, _) = run("
	setp.lt.u32 	%p1, %r1, 10;
	@%p1 bra 	$few;
	mov.u32 	%r2, 7;
	bra.uni 	$met;
$few:
	mov.u32 	%r2, 5;
$met:
	add.s32 	%r2, %r2, %r1;
	st.global.u32 	[%rd3], %r2;
")
    .unwrap();
    let expected = (0..64).map(|thread| thread + if thread < 10 { 5 } else { 7 });
    assert_eq!(numbers, expected.collect::<Vec<_>>());
}

#[test]
fn each_lane_leaves_a_loop_when_it_is_done() {
    let (numbers, counts) = run("
	mov.u32 	%r2, 0;
	mov.u32 	%r3, 0;
$again:
	add.s32 	%r3, %r3, %r2;
	add.s32 	%r2, %r2, 1;
	setp.le.u32 	%p1, %r2, %r1;
	@%p1 bra 	$again;
	shfl.sync.bfly.b32 	%r4|%p2, %r3, 1, 31, -1;
	st.global.u32 	[%rd3], %r4;
")
    .unwrap();
    let sum = |thread: u32| thread * (thread + 1) / 2;
    assert_eq!(numbers, (0..64).map(|thread| sum(thread ^ 1)).collect::<Vec<_>>());
    assert_eq!(counts.global_bytes_written, 256);
    // A warp loops as often as its slowest lane: 5 instructions and a return before, 32 and 64 rounds.
    assert_eq!(counts.instructions, 2 * (5 + 2 + 3) + 4 * (32 + 64));
}

#[test]
fn a_lane_that_returned_takes_no_further_part() {
    let (numbers, _) = run("
	setp.eq.s32 	%p1, %r1, 3;
	@%p1 ret;
	mov.f32 	%f1, 0f40000000;
	neg.f32 	%f2, %f1;
	fma.rn.f32 	%f3, %f1, %f1, %f2;
	st.global.f32 	[%rd3], %f3;
")
    .unwrap();
    let two = 2.0_f32.to_bits();
    assert!(numbers.iter().enumerate().all(|(at, n)| *n == if at == 3 { u32::MAX } else { two }));
}

#[test]
fn shared_memory_needs_barriers() {
    let through = |barrier: &str| {
        format!(
            "
	shl.b32 	%r2, %r1, 2;
	mov.u32 	%r3, room;
	add.s32 	%r4, %r3, %r2;
	st.shared.u32 	[%r4], %r1;
	{barrier}
	xor.b32 	%r5, %r4, 128;
	ld.shared.u32 	%r6, [%r5];
	st.global.u32 	[%rd3], %r6;
"
        )
    };
    let (numbers, counts) = run(&through("bar.sync 	0;")).unwrap();
    assert_eq!(numbers, (0..64).map(|thread| thread ^ 32).collect::<Vec<_>>());
    assert_eq!(counts.barriers, 1);
    assert_eq!(wrong(&through("")), Wrong::Unwritten(128));
}

#[test]
fn what_is_wrong_is_a_fault() {
    let only_some = "setp.lt.u32 %p1, %r1, 5;\n@%p1 bra $some;\nbra.uni $end;\n$some:\n";
    let check = |body: &str, expected: Wrong| assert_eq!(wrong(body), expected, "{body}");
    check(&format!("{only_some}bar.sync 0;\n$end:"), Wrong::Divergence);
    check(
        &format!("{only_some}shfl.sync.bfly.b32 %r2|%p2, %r1, 4, 31, -1;\n$end:"),
        Wrong::Divergence,
    );
    check("ld.global.u32 %r2, [%rd4];", Wrong::Address(0));
    check("ld.global.u32 %r2, [%rd2+256];", Wrong::Address(0x7000_0000_0100));
    check("ld.global.u32 %r2, [%rd2+2];", Wrong::Address(0x7000_0000_0002));
    check("ld.param.u32 %r2, [small_param_0+8];", Wrong::Argument(8));
    check("mov.u32 %r2, room;\nst.shared.u32 [%r2+1024], %r1;", Wrong::SharedAddress(1_024));
    let copy = "mov.u32 %r2, room;\nshl.b32 %r3, %r1, 4;\nadd.s32 %r2, %r2, %r3;\n\
        cp.async.cg.shared.global [%r2], [%rd2], 16;\n";
    check(&format!("{copy}ld.shared.u32 %r4, [%r2];"), Wrong::InFlight(0));
    check(&format!("{copy}cp.async.commit_group;"), Wrong::CopiesLeft);
    let early = "cp.async.commit_group;\ncp.async.wait_group 1;\nld.shared.u32 %r4, [%r2];";
    check(&format!("{copy}{early}"), Wrong::InFlight(0));
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    let check = |body: &str, expected: &str| {
        assert_eq!(run(body).unwrap_err().to_string(), expected);
    };
    check(
        "sin.approx.f32 %f1, %f2;",
        "line 14: `sin.approx.f32` is no instruction that is known here",
    );
    check("add.f64 %fd1, %fd2, %fd3;", "line 14: `add.f64` is no instruction that is known here");
    check("bra $nowhere;", "line 14: no label `$nowhere`");
    check("mov.u32 %r1, nothing;", "line 14: `nothing` is no operand that is known here");
    check("mov.u32 %r1, 1", "line 14: no end of a statement in `mov.u32 %r1, 1`");
    let fault = Program::parse(&kernel(""), "large").unwrap_err();
    assert_eq!(fault.to_string(), "line 0: there is no kernel `large`");
}
