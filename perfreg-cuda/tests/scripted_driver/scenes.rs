//! What the tests of `main.rs` play in processes of their own.

use perfreg_core::{Bencher, perf_regression};
use perfreg_cuda::attention::{
    Element, Forward, ForwardTensors, Implementation, Pattern, Problem, Shape,
};
use perfreg_cuda::device::Stream;
use perfreg_cuda::{BenchGpu, Error, Gpu, Result, time_on};

fn problem() -> Problem {
    let shape = Shape { batch: 1, seq_len: 2_048, heads: 8, head_dim: 64 };
    let patterns = [(512, 1), (1_024, 2), (2_048, 4)].map(|(w, r)| Pattern::new(w, r).unwrap());
    Problem::of(shape, patterns).build().unwrap()
}

/// Removes the library that is to go now, if one is.
fn remove(when: &str) {
    if let Some(library) = std::env::var_os(when) {
        std::fs::remove_file(library).unwrap();
    }
}

fn launch_forward() -> Result<()> {
    assert_eq!(perfreg_cuda::unavailable(), None);
    remove("SCRIPTED_REMOVE_WHEN_FOUND");
    let (gpu, problem) = (Gpu::open(0)?, problem());
    remove("SCRIPTED_REMOVE_WHEN_OPEN");
    let stream = gpu.stream()?;
    let tensor = || gpu.tensor(&stream, &problem);
    let (queries, keys, values) = (tensor()?, tensor()?, tensor()?);
    let (mut output, mut lse) = (tensor()?, gpu.lse_tensor(&stream, &problem)?);
    let forward = Forward::new(&gpu, &problem, Implementation::Portable)?;
    let (output, lse) = (&mut output, &mut lse);
    let (queries, keys, values) = (&queries, &keys, &values);
    forward.launch(&stream, &mut ForwardTensors { queries, keys, values, output, lse })?;
    println!("CLOCK {:?}", gpu.health().read().megahertz);
    stream.synchronize()
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn forward() {
    if let Err(error) = launch_forward() {
        assert!(error.is_driver());
        println!("ERROR {error}");
    }
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn wrong_tensors() -> Result<()> {
    let (gpu, problem) = (Gpu::open(0)?, problem());
    let stream = gpu.stream()?;
    let forward = Forward::new(&gpu, &problem, Implementation::Portable)?;
    let f32 = Problem::of(problem.shape(), problem.patterns()).element(Element::F32);
    let short = Problem::of(Shape { seq_len: 1_024, ..problem.shape() }, problem.patterns());
    let right = gpu.tensor(&stream, &problem)?;
    let mut output = gpu.tensor(&stream, &problem)?;
    let mut lse = gpu.lse_tensor(&stream, &problem)?;
    let mut check = |keys: Problem, wrong_lse, expected: &str| -> Result<()> {
        let keys = gpu.tensor(&stream, &keys)?;
        let mut other = gpu.lse_tensor(&stream, wrong_lse)?;
        let lse = if std::ptr::eq(wrong_lse, &problem) { &mut lse } else { &mut other };
        let (queries, values, output) = (&right, &right, &mut output);
        let mut tensors = ForwardTensors { queries, keys: &keys, values, output, lse };
        let error: Error = forward.launch(&stream, &mut tensors).unwrap_err();
        assert!(error.is_argument());
        assert_eq!(error.to_string(), expected);
        Ok(())
    };
    check(f32.build()?, &problem, "keys: f32 where bf16 is wanted")?;
    let short = short.build()?;
    check(short.clone(), &problem, "keys: [1, 1024, 8, 64] where [1, 2048, 8, 64] is wanted")?;
    check(problem.clone(), &short, "lse: [1, 8, 1024] where [1, 8, 2048] is wanted")?;
    let error = gpu.tensor(&stream, &problem)?.upload(&stream, &[1, 2]).unwrap_err();
    assert_eq!(error.to_string(), "bytes: 2 where the tensor has 2097152");
    Ok(())
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn other_device() -> Result<()> {
    let (gpu, other, problem) = (Gpu::open(0)?, Gpu::open(1)?, problem());
    let (stream, elsewhere) = (gpu.stream()?, other.stream()?);
    let forward = Forward::new(&gpu, &problem, Implementation::Portable)?;
    let (right, wrong) = (gpu.tensor(&stream, &problem)?, other.tensor(&elsewhere, &problem)?);
    let mut output = gpu.tensor(&stream, &problem)?;
    let mut lse = gpu.lse_tensor(&stream, &problem)?;
    let (output, lse) = (&mut output, &mut lse);
    let (queries, keys, values) = (&right, &right, &wrong);
    let mut tensors = ForwardTensors { queries, keys, values, output, lse };
    println!("ERROR {}", forward.launch(&stream, &mut tensors).unwrap_err());
    Ok(())
}

/// Each thread has a stream and an output; the inputs and the kernel are everyone's.
#[test]
#[ignore = "played by the tests of this file's parent"]
fn streams() -> Result<()> {
    let (gpu, problem) = (Gpu::open(0)?, problem());
    let stream = gpu.stream()?;
    let tensor = || gpu.tensor(&stream, &problem);
    let (queries, keys, values) = (&tensor()?, &tensor()?, &tensor()?);
    let forward = Forward::new(&gpu, &problem, Implementation::Portable)?;
    let on_a_stream = || {
        let stream = gpu.stream()?;
        let (output, lse) =
            (&mut gpu.tensor(&stream, &problem)?, &mut gpu.lse_tensor(&stream, &problem)?);
        let mut tensors = ForwardTensors { queries, keys, values, output, lse };
        forward.launch(&stream, &mut tensors)?;
        stream.synchronize()
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(on_a_stream)).collect();
        all.into_iter().try_for_each(|one| one.join().unwrap())
    })
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn ordinal() {
    println!("ERROR {}", Gpu::open(99).unwrap_err());
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn memory() -> Result<()> {
    let gpu = Gpu::open(0)?;
    let stream = gpu.stream()?;
    gpu.reset_memory_peaks()?;
    let kept = gpu.tensor(&stream, &problem())?;
    drop(gpu.tensor(&stream, &problem())?);
    let memory = gpu.memory()?;
    println!(
        "MEMORY {} of {}, peak {}, fragmentation {}, largest {}",
        memory.allocated,
        memory.reserved,
        memory.allocated_peak,
        memory.fragmentation(),
        gpu.largest_block()?
    );
    drop(kept);
    Ok(())
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn leak() -> Result<()> {
    let gpu = Gpu::open(0)?;
    let stream = gpu.stream()?;
    let tensor = || gpu.tensor(&stream, &problem());
    gpu.without_leak("first", || tensor().map(drop))?;
    let error = gpu.without_leak("second", || tensor().map(std::mem::forget)).unwrap_err();
    assert!(error.is_leak());
    println!("ERROR {error}");
    Ok(())
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn rank() -> Result<()> {
    match Gpu::open_of_rank() {
        Ok(gpu) => println!("RANK {} of {}", gpu.key().uuid, Gpu::count()),
        Err(error) => println!("ERROR {error}"),
    }
    Ok(())
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn health() -> Result<()> {
    let gpu = Gpu::open(0)?;
    let now = gpu.health().read();
    let told = || {
        let (most, degrees) = (now.most_megahertz?, now.temperature?);
        let (clock, watts, joules) = (now.megahertz?, now.power?, now.energy?);
        Some(format!("{clock} of {most} MHz, {degrees} degrees, {watts} W, {joules} J"))
    };
    let told = told().unwrap_or("unknown".to_owned());
    println!("HEALTH {told}, throttling {:?}, {}", now.throttling, gpu.host().gpu.unwrap());
    Ok(())
}

#[test]
#[ignore = "played by the tests of this file's parent"]
fn readings() -> Result<()> {
    let gpu = Gpu::open(0)?;
    let timing = time_on(&gpu, forward_on(&gpu)?)?;
    for (metric, told) in timing.readings.unwrap().metrics() {
        match told {
            Ok(value) => println!("READING {} {value:.1} {}", metric.name, metric.unit),
            Err(why) => println!("READING {} missing: {why}", metric.name),
        }
    }
    Ok(())
}

/// Where there is no such driver, an ordinary run of this test says so and passes.
#[perf_regression(skip_if = perfreg_cuda::unavailable)]
fn timed(b: Bencher) -> Result<()> {
    time(b, |_| Ok(()))
}

/// Work that waits for the device itself: held, it would wait for ever.
#[perf_regression(skip_if = perfreg_cuda::unavailable)]
fn timed_with_waiting(b: Bencher) -> Result<()> {
    time(b, Stream::synchronize)
}

/// Work of which the stream learns nothing.
#[perf_regression(skip_if = perfreg_cuda::unavailable)]
fn timed_elsewhere(b: Bencher) -> Result<()> {
    b.bench_gpu(&Gpu::open(0)?, |_| Ok(()))?;
    Ok(())
}

/// Work that allocates, and frees nothing.
#[perf_regression(skip_if = perfreg_cuda::unavailable)]
fn timed_with_leak(b: Bencher) -> Result<()> {
    time(b, |stream| {
        std::mem::forget(stream.cuda_stream().alloc_zeros::<u8>(1 << 16)?);
        Ok(())
    })
}

/// Work whose energy is judged beside its time.
#[perf_regression(skip_if = perfreg_cuda::unavailable, metrics = ["device_time", "device_energy"])]
fn timed_with_energy(b: Bencher) -> Result<()> {
    time(b, |_| Ok(()))
}

fn time(b: Bencher, after: impl Fn(&Stream) -> Result<()>) -> Result<()> {
    let gpu = Gpu::open(0)?;
    let mut launch = forward_on(&gpu)?;
    b.bench_gpu(&gpu, |stream| {
        launch(stream)?;
        after(stream)
    })?;
    Ok(())
}

/// A forward pass, to be launched on a stream.
fn forward_on(gpu: &Gpu) -> Result<impl FnMut(&Stream) -> Result<()>> {
    let (problem, stream) = (problem(), gpu.stream()?);
    let tensor = || gpu.tensor(&stream, &problem);
    let (queries, keys, values) = (tensor()?, tensor()?, tensor()?);
    let (mut output, mut lse) = (tensor()?, gpu.lse_tensor(&stream, &problem)?);
    let forward = Forward::new(gpu, &problem, Implementation::Portable)?;
    Ok(move |stream: &Stream| {
        let (output, lse) = (&mut output, &mut lse);
        let (queries, keys, values) = (&queries, &keys, &values);
        forward.launch(stream, &mut ForwardTensors { queries, keys, values, output, lse })
    })
}
