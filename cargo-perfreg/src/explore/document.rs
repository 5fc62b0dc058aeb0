//! A long look as a Markdown document to read, and as a table for other programs.

use std::fmt::Write as _;

use perfreg_core::model::Metric;
use perfreg_core::report::format_value;

use crate::explore::figures::{Explored, Figures, Growing};
use crate::export::quoted;
use crate::report::code;
use crate::sketch::histogram;
use crate::sparkline::sparkline;

/// The document: the machine and the time that `heading` tells of, the extremes, each case, the laws.
pub(crate) fn document(
    heading: &str,
    explored: &[Explored],
    figures: &[Figures],
    laws: &[Growing],
    extremes: usize,
) -> String {
    let mut text = format!("# A long look at performance tests\n\n{heading}\n");
    text += "\nNothing was judged. A sample of short calls is the mean of many of them; `p95` and `p99` of\n\
             single calls stand as metrics of their own.\n";
    text += &most_extreme(figures, extremes);
    for one in explored {
        let _ = write!(text, "\n## {}\n", code(&one.id.to_string()));
        for case in &one.cases {
            text += &of_case(one, &case.name, figures);
        }
        for law in laws.iter().filter(|law| law.test == one.id) {
            text += &of_law(law);
        }
    }
    text
}

/// The cases that take longest, vary most between launches, or have the longest tails.
fn most_extreme(figures: &[Figures], count: usize) -> String {
    type By = fn(&Figures) -> f64;
    type Shown = fn(&Figures) -> String;
    let lists: [(&str, By, Shown); 3] = [
        ("Slowest", Figures::median, |f| format_value(f.median(), &f.metric.unit)),
        ("Most different from launch to launch", |f| f.between, |f| percent(f.between)),
        ("Longest tails", Figures::tail, |f| format!("p99 is {:.2} times the median", f.tail())),
    ];
    let mut text = format!("\n## The {count} most extreme cases\n");
    for (title, by, shown) in lists {
        let mut clocks: Vec<&Figures> = figures.iter().filter(|f| f.metric.is_clock()).collect();
        clocks.sort_by(|a, b| by(b).total_cmp(&by(a)));
        let _ = write!(text, "\n{title}:\n\n");
        for f in clocks.into_iter().take(count) {
            let _ = writeln!(
                text,
                "- {} {} {}: {}",
                code(&f.test.to_string()),
                code(&f.case),
                code(&f.metric.name),
                shown(f)
            );
        }
    }
    text
}

fn of_case(of: &Explored, case: &str, figures: &[Figures]) -> String {
    let of_case: Vec<&Figures> =
        figures.iter().filter(|f| f.test == of.id && f.case == case).collect();
    let mut text = format!("\n### {}\n\n", code(case));
    let Some(first) = of_case.first() else { return text + "Nothing was measured.\n" };
    let _ = writeln!(
        text,
        "{} launches, {} of them beside a busy neighbour.\n",
        first.launches, first.crowded
    );
    text += "| metric | samples | least | p1 | p5 | p25 | median | p75 | p95 | p99 | most | within a launch | between launches |\n";
    text += "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for f in &of_case {
        let value = |value: f64| format_value(value, &f.metric.unit);
        let percentiles: Vec<String> = f.percentiles.iter().map(|v| value(*v)).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            code(&f.metric.name),
            f.samples,
            value(f.least),
            percentiles.join(" | "),
            value(f.most),
            percent(f.within),
            percent(f.between),
        );
    }
    for f in of_case.iter().filter(|f| f.metric.is_clock()) {
        let samples = samples(of, case, &f.metric);
        let _ = write!(
            text,
            "\n```text\n{}\n  samples   {}  {} to {}\n  launches  {}\n```\n",
            f.metric.name,
            histogram(&samples, f.percentiles[0], f.percentiles[6]),
            format_value(f.percentiles[0], &f.metric.unit),
            format_value(f.percentiles[6], &f.metric.unit),
            sparkline(&f.course)
        );
    }
    text
}

fn of_law(law: &Growing) -> String {
    let sizes: Vec<String> = law
        .costs
        .iter()
        .map(|cost| format!("{} at {}", format_value(cost.cost, &law.metric.unit), cost.size))
        .collect();
    let (power, low, high) = law.model.power;
    format!(
        "\n{} over {} grows as {} (n^{power:.2}, {low:.2} to {high:.2}): {}.\n",
        code(&law.metric.name),
        code(&format!("{}N", law.prefix)),
        law.model.law,
        sizes.join(", ")
    )
}

fn samples(of: &Explored, case: &str, metric: &Metric) -> Vec<f64> {
    let launches = of.cases.iter().filter(|one| one.name == case).flat_map(|one| &one.launches);
    let series = launches.filter_map(|launch| launch.series(&metric.name));
    series.flat_map(|series| series.samples.as_slice()).copied().collect()
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// The figures for other programs, by the schema `perfreg-explore/1`.
pub(crate) fn json(heading: &str, figures: &[Figures]) -> String {
    let written = serde_json::json!({
        "schema": "perfreg-explore/1",
        "heading": heading,
        "figures": figures,
    });
    format!("{written:#}\n")
}

/// Every sample in a row of its own.
pub(crate) fn csv(explored: &[Explored]) -> String {
    let mut text = String::from("test,case,metric,unit,launch,sample,value\n");
    for one in explored {
        for case in &one.cases {
            for (launch, measured) in case.launches.iter().enumerate() {
                for series in &measured.series {
                    let names = [&one.id.to_string(), &case.name, &series.metric.name];
                    let names = names.map(|name| quoted(name)).join(",");
                    let unit = quoted(series.metric.unit.symbol());
                    for (sample, value) in series.samples.as_slice().iter().enumerate() {
                        let _ = writeln!(text, "{names},{unit},{launch},{sample},{value}");
                    }
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::model::Case;

    use super::{csv, document, json};
    use crate::explore::figures::tests::on_the_wall;
    use crate::explore::{Explored, Figures, Growing};
    use crate::testing::{launch, run};

    #[test]
    fn a_document_has_figures_plots_and_laws() {
        let case = |(name, cost): (&str, f64)| {
            let samples = |at: usize| -> Vec<f64> {
                (0..50).map(|i| cost * (1.0 + 0.002 * ((i * 7 + at) % 11) as f64)).collect()
            };
            Case {
                name: name.to_owned(),
                launches: (0..4).map(|at| on_the_wall(launch(&samples(at)))).collect(),
                judgements: vec![],
                targets: vec![],
            }
        };
        let cases = [("10", 100.0), ("100", 1000.0), ("1000", 10_000.0), ("<b>|`", 7.0)];
        let explored = vec![Explored { id: run("sort", vec![]).id, cases: cases.map(case).into() }];
        let figures: Vec<Figures> = explored.iter().flat_map(Figures::of).collect();
        let laws: Vec<Growing> = explored.iter().flat_map(Growing::of).collect();
        assert_snapshot!(document("On a machine, for 10 minutes.", &explored, &figures, &laws, 2));
        let schema = include_str!("../../schemas/perfreg-explore-1.json");
        let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let written = serde_json::from_str(&json("On a machine.", &figures)).unwrap();
        if let Err(error) = validator.validate(&written) {
            panic!("{error}");
        }
        let table = csv(&explored);
        assert_eq!(table.lines().count(), 1 + 4 * 4 * (50 + 1));
        assert!(table.contains("sort,10,wall_time,ns,0,0,100\n"), "{}", &table[..200]);
    }
}
