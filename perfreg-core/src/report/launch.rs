//! A launch in one line, for those who ask how a verdict came about.

use crate::model::{Health, Launch};
use crate::report::format_value;

/// What a launch measured, each metric by the value that stands for it, and how disturbed it was.
pub fn launch_line(launch: &Launch) -> String {
    let values = launch.series.iter().filter_map(|series| {
        let metric = &series.metric;
        let value = launch.stats(&metric.name)?.representative(metric);
        Some(format!("{} {}", metric.name, format_value(value, &metric.unit)))
    });
    let mut parts: Vec<String> = values.collect();
    parts.extend(conditions(&launch.health));
    parts.join(", ")
}

/// What is known of the machine meanwhile.
fn conditions(health: &Health) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(pace) = health.pace {
        let (chain, crowding) = (pace.chain_ns, pace.crowding);
        parts.push(format!(
            "chain {chain:.0} ns, crowding {crowding:.3} ({:.3} at best)",
            pace.at_best
        ));
    }
    if let Some(delay) = health.run_delay_ns {
        parts.push(format!("waited {:.2} ms for a CPU", delay / 1e6));
    }
    parts.extend(health.involuntary_switches.map(|n| format!("{n} involuntary switches")));
    parts.extend(health.steal.map(|share| format!("steal {:.1} %", share * 100.0)));
    parts.extend(health.load.map(|load| format!("load {load:.2}")));
    parts.extend(health.throttled.map(|times| format!("throttled {times}")));
    parts.extend(health.power.map(|power| power.to_string()));
    parts.extend(health.governor.map(|governor| format!("governor {governor}")));
    parts.extend(health.placement.map(|placement| placement.to_string()));
    parts
}

#[cfg(test)]
mod tests {
    use super::launch_line;
    use crate::model::{
        Direction, Governor, Health, Launch, Metric, Pace, Placement, Power, Samples, Series, Unit,
    };

    #[test]
    fn a_launch_tells_what_it_knows() {
        let check = |health: Health, expected: &str| {
            let series = |metric: Metric, value: f64| Series {
                metric,
                samples: Samples::new(vec![value; 3]).unwrap(),
            };
            let count = Metric::new(Metric::ALLOCATIONS, Unit::Count, Direction::LowerIsBetter);
            let series =
                vec![series(Metric::time(Metric::THREAD_CPU_TIME), 26_330.0), series(count, 51.0)];
            let launch = Launch {
                series,
                iterations_per_sample: 8,
                throughput: None,
                single_calls: None,
                gpu: None,
                health,
            };
            assert_eq!(launch_line(&launch), expected);
        };
        let measured = "thread_cpu_time 26.33 µs, allocations 51";
        check(Health::default(), measured);
        let all = Health {
            run_delay_ns: Some(150_000.0),
            involuntary_switches: Some(2),
            steal: Some(0.012),
            load: Some(0.8),
            pace: Some(Pace { chain_ns: 1812.4, crowding: 1.112, at_best: 1.1 }),
            power: Some(Power::Battery),
            throttled: Some(3),
            governor: Some(Governor::Powersave),
            placement: Some(Placement::Performance),
            ..Health::default()
        };
        let rest = "chain 1812 ns, crowding 1.112 (1.100 at best), waited 0.15 ms for a CPU, 2 \
                    involuntary switches, steal 1.2 %, load 0.80, throttled 3, on battery, governor \
                    powersave, on performance cores";
        check(all, &format!("{measured}, {rest}"));
    }
}
