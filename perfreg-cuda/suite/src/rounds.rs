//! The run: what there is, correctness, ceilings, then rounds of ours and the peers in turns.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use perfreg_core::fixtures::Random;
use perfreg_cuda::Gpu;
use perfreg_cuda::attention::{Element, Implementation, Kernel, Mixing};
use perfreg_cuda::probe::Probe;

use crate::baselines::{self, Kept};
use crate::cases::{Case, OnDevice};
use crate::document::{CaseReport, Ceilings, Check, Correctness, Document, Measured, Ours, Peer};
use crate::launch::{Job, Launched, What, in_a_process};
use crate::options::{Checks, Run};
use crate::peers::Peers;
use crate::tensors::{decode, relative_error};
use crate::variants::{check, check_gradients, problems, small_problems, wide_problems};
use crate::{ratios, table};

/// Runs everything and writes what came out.
///
/// # Errors
/// If the GPU cannot be opened, a variant cannot be run, or a file cannot be written.
pub(crate) fn run(options: &Run) -> Result<Document, String> {
    let begun = Instant::now();
    let text = |error: perfreg_cuda::Error| error.to_string();
    fs::create_dir_all(&options.out)
        .map_err(|error| format!("--out: {}: {error}", options.out.display()))?;
    let seed = seed();
    let gpu = Gpu::open(options.device).map_err(text)?;
    tell("correctness of every variant");
    let correctness = correctness(&gpu, options.checks, seed).map_err(text)?;
    let mut peers = Peers::start(options.peers.as_ref(), options.device);
    tell("ceilings");
    let ceilings =
        Ceilings { copy_bytes_per_second: copy(options), matmul_flops_per_second: peers.matmul() };
    let mut document = Document {
        schema: Document::SCHEMA,
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        commit: option_env!("PERFREG_COMMIT"),
        rank: options.rank,
        host: gpu.host(),
        probe: Probe::take(),
        method: Document::METHOD,
        correctness,
        floor: Vec::new(),
        ceilings,
        peers: peers.surroundings.clone(),
        cases: Vec::new(),
    };
    for case in &options.cases {
        let until = begun + Duration::from_secs(60 * u64::from(options.minutes));
        let report = measure(&gpu, options, case, &mut peers, (seed, until))?;
        let launches = report.ours.iter().flat_map(|ours| ours.launches.iter().flatten());
        document.floor.extend(launches.filter_map(|launched| launched.floor));
        document.cases.push(report);
        // Whoever lends the machine may end the run at any time.
        leave(&document, options)?;
    }
    Ok(document)
}

/// Writes what was measured so far.
fn leave(document: &Document, options: &Run) -> Result<(), String> {
    let write = |name: &str, text: String| {
        let path = options.out.join(name);
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
    };
    let json = serde_json::to_string(document).map_err(|error| error.to_string())?;
    write("report.json", json + "\n")?;
    write("table.txt", table::of(document))?;
    baselines::write(&kept(document, &options.cases), &options.out)
}

/// What becomes baselines.
fn kept<'a>(document: &'a Document, cases: &'a [Case]) -> Vec<Kept<'a>> {
    let of_case = |(case, report): (&Case, &'a CaseReport)| {
        let case = case.clone();
        report.ours.iter().map(move |ours| Kept {
            case: case.clone(),
            implementation: ours.implementation,
            launches: &ours.launches,
            host: &document.host,
            commit: document.commit,
            started: &document.started,
        })
    };
    cases.iter().zip(&document.cases).flat_map(of_case).collect()
}

fn tell(what: &str) {
    eprintln!("{what}");
}

/// New numbers in each run.
fn seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |since| u64::from(since.subsec_nanos()))
}

fn correctness(gpu: &Gpu, checks: Checks, seed: u64) -> perfreg_cuda::Result<Correctness> {
    let forward = |element| match checks {
        Checks::All => [problems(element), wide_problems(element)].concat(),
        Checks::Few => small_problems(element),
    };
    let backward = match checks {
        Checks::All => problems(Element::F32),
        Checks::Few => small_problems(Element::F32),
    };
    let mut checked = Vec::new();
    for problem in [Element::Bf16, Element::F16, Element::F32].into_iter().flat_map(forward) {
        checked.push(check(gpu, &problem, seed)?);
    }
    for problem in backward {
        for mixing in [Mixing::Exact, Mixing::Detached] {
            checked.push(check_gradients(gpu, &problem, mixing, seed)?);
        }
    }
    gpu.synchronize()?;
    let taken = |name: &String| checked.iter().any(|one| one.kernels.contains(name));
    let all = Kernel::all().into_iter().map(|kernel| kernel.to_string());
    let not_checked = all.filter(|name| !taken(name)).collect();
    let checked = checked.into_iter().map(|one| Check { right: one.is_right(), checked: one });
    Ok(Correctness { checked: checked.collect(), not_checked })
}

fn copy(options: &Run) -> Measured {
    let Some(case) = options.cases.first().cloned() else {
        return Measured::Missing("no case was given".to_owned());
    };
    let launched = in_a_process(&Job { device: options.device, case, what: What::Copy, seed: 1 });
    let speed = launched.and_then(|launched| {
        let found = launched.moved.zip(launched.median("device_time"));
        found.map(|(bytes, ns)| bytes / ns * 1e9).ok_or("no sample was taken".to_owned())
    });
    match speed {
        Ok(speed) => Measured::Value(speed),
        Err(why) => Measured::Missing(why),
    }
}

/// The rounds of one case.
fn measure(
    gpu: &Gpu,
    options: &Run,
    case: &Case,
    peers: &mut Peers,
    (seed, until): (u64, Instant),
) -> Result<CaseReport, String> {
    let name = case.name();
    tell(&format!("{name}: getting ready"));
    let folder = options.out.join(format!("numbers-{name}"));
    let error = numbers(gpu, case, seed, &folder).map_err(|error| error.to_string())?;
    let problem = case.problem(Element::Bf16).map_err(|error| error.to_string())?;
    let mut ours = vec![Ours::of(What::Portable, Some(error)), Ours::of(What::Naive, None)];
    if case.seq_len <= Case::SHORT {
        ours.push(Ours::of(What::Reference, None));
    }
    let mut theirs = peers.prepare(case, &folder);
    // As large as the problem, and of no use to anyone after this.
    let _ = fs::remove_dir_all(&folder);
    let mut random = Random::new(seed);
    for round in 0..options.rounds {
        if round > 0 && Instant::now() > until {
            tell(&format!("{name}: the time is over after {round} rounds"));
            break;
        }
        tell(&format!("{name}: round {} of {}", round + 1, options.rounds));
        one_round(options, case, seed, (&mut ours, &mut theirs), peers, &mut random);
    }
    let cost = problem.cost();
    Ok(CaseReport {
        ratios: ratios::of(&ours[0].launches, &theirs),
        name,
        patterns: case.patterns.clone(),
        flops: cost.forward_flops,
        bytes: cost.forward_bytes,
        ours,
        peers: theirs,
    })
}

/// All but the fused kernel are slow, and nothing is compared with them: as many launches as their tests
/// have.
const SLOW: usize = 3;

/// Everyone once, in an order that is drawn.
fn one_round(
    options: &Run,
    case: &Case,
    seed: u64,
    (ours, theirs): (&mut [Ours], &mut [Peer]),
    peers: &mut Peers,
    random: &mut Random,
) {
    let mut turns: Vec<usize> = (0..ours.len() + theirs.len()).collect();
    for at in (1..turns.len()).rev() {
        turns.swap(at, (random.draw() % (at as u64 + 1)) as usize);
    }
    for turn in turns {
        if let Some(ours) = ours.get_mut(turn) {
            let what = ours.implementation;
            if what != What::Portable && ours.launches.len() >= SLOW {
                continue;
            }
            let job = Job { device: options.device, case: case.clone(), what, seed };
            ours.launches.push(in_a_process(&job));
            continue;
        }
        let peer = &mut theirs[turn - ours.len()];
        if peer.missing.is_none() {
            match peers.measure(&peer.name) {
                Ok(round) => peer.rounds.push(round),
                Err(why) => peer.missing = Some(why),
            }
        }
    }
}

/// Leaves the numbers of the case in `folder` for the peers, with what the plain kernel makes of them;
/// returns how far the fused one is from that.
fn numbers(gpu: &Gpu, case: &Case, seed: u64, folder: &Path) -> perfreg_cuda::Result<f64> {
    let stream = gpu.stream()?;
    let output = |implementation| {
        let mut work = OnDevice::new(gpu, &stream, (case, implementation), seed)?;
        work.launch(&stream)?;
        work.output.download(&stream)
    };
    let (plain, fused) = (output(Implementation::Naive)?, output(Implementation::Portable)?);
    let error = relative_error(&decode(Element::Bf16, &fused), &decode(Element::F32, &plain));
    let kept = fs::create_dir_all(folder).and_then(|()| {
        for (number, name) in ["queries.bf16", "keys.bf16", "values.bf16"].iter().enumerate() {
            fs::write(folder.join(name), case.bf16(seed, number as u64))?;
        }
        fs::write(folder.join("expected.f32"), plain)
    });
    // Without them the peers say what they miss.
    if let Err(error) = kept {
        tell(&format!("{}: {error}", folder.display()));
    }
    Ok(error)
}

/// The launches of an implementation that succeeded.
pub(crate) fn succeeded(ours: &Ours) -> impl Iterator<Item = &Launched> {
    ours.launches.iter().flatten()
}
