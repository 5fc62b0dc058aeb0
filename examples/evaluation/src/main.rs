//! `cargo run --release -p perfreg-evaluation`: how often perfreg errs.

mod noise;
mod share;
mod synthetic;

fn main() {
    let plan = synthetic::Plan { unchanged: 3000, slowed: 500, seed: 1 };
    for threshold in [0.02, 0.05] {
        println!("threshold {threshold}");
        for o in synthetic::paired(plan, threshold) {
            let found: Vec<String> = o.found.iter().map(|s| format!("{s:>8}")).collect();
            let rounds: Vec<String> = o.rounds.iter().map(|r| format!("{r:5.1}")).collect();
            let (_, high) = o.false_alarms.interval();
            println!(
                "{:4} {:>6.2}% FPR {:>8} (<{:.3}%) undecided {:>8} found {} rounds {}  {}",
                o.noise.name,
                o.spread * 100.0,
                o.false_alarms.to_string(),
                high * 100.0,
                o.undecided.to_string(),
                found.join(" "),
                rounds.join(" "),
                o.noise.about
            );
        }
    }
}
