//! The versioned form of a baseline file, `perfreg-baseline/1`: one line a metric, so that a diff
//! shows what changed and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::{
    BaselineCase, BaselineMetric, Direction, HostKey, LaunchStats, Metric, Pace, Provenance, Tails,
    Unit,
};
use crate::store::baseline::HostEntry;

/// The schema that this version writes.
pub(crate) const SCHEMA: &str = "perfreg-baseline/1";

#[derive(Deserialize)]
struct FileForm {
    schema: String,
    hosts: Vec<HostForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostForm {
    host: HostKey,
    cases: Vec<CaseForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseForm {
    section: String,
    case: String,
    provenance: Provenance,
    metrics: BTreeMap<String, MetricForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricForm {
    /// Where it is not the case's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provenance: Option<Provenance>,
    unit: Unit,
    direction: Direction,
    launches: u32,
    n: Column,
    q10: Column,
    median: Column,
    mean: Column,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p95: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p99: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain_ns: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crowding: Option<Column>,
}

/// One number a launch, or one number for all of them if they agree.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Column {
    Same(serde_json::Number),
    Each(Vec<serde_json::Number>),
}

pub(crate) fn parse(text: &str) -> Result<Vec<HostEntry>, Error> {
    let file: FileForm = serde_json::from_str(text).map_err(|e| Error::data(e.to_string()))?;
    if file.schema != SCHEMA {
        return Err(Error::data(format!(
            "has schema `{}`, and this version of perfreg reads `{SCHEMA}`",
            file.schema
        )));
    }
    let hosts: Vec<HostEntry> =
        file.hosts.into_iter().map(HostForm::into_entry).collect::<Result<_, _>>()?;
    let mut seen = BTreeSet::new();
    match hosts.iter().find(|entry| !seen.insert(entry.host.to_string())) {
        Some(twice) => Err(Error::data(format!("host `{}` has two entries", twice.host))),
        None => Ok(sorted(hosts)),
    }
}

/// Whoever merged or edited the file by hand may have left another order.
fn sorted(mut hosts: Vec<HostEntry>) -> Vec<HostEntry> {
    hosts.sort_by_cached_key(|entry| entry.host.to_string());
    hosts
}

impl HostForm {
    fn into_entry(self) -> Result<HostEntry, Error> {
        let mut cases: Vec<BaselineCase> =
            self.cases.into_iter().map(CaseForm::into_case).collect::<Result<_, _>>()?;
        cases.sort_by(|a, b| a.key().cmp(&b.key()));
        match cases.windows(2).find(|pair| pair[0].key() == pair[1].key()) {
            Some(pair) => Err(Error::data(format!(
                "host `{}`, section `{}`: case `{}` stands there twice",
                self.host, pair[0].section, pair[0].subsection
            ))),
            None => Ok(HostEntry { host: self.host, cases }),
        }
    }
}

impl CaseForm {
    fn into_case(self) -> Result<BaselineCase, Error> {
        let Self { section, case, provenance, metrics } = self;
        if metrics.is_empty() {
            let what = format!("section `{section}`, case `{case}` holds no metric");
            return Err(Error::data(what));
        }
        let metrics = metrics
            .into_iter()
            .map(|(name, form)| {
                form.into_metric(&name, &provenance).map_err(|what| {
                    Error::data(format!(
                        "section `{section}`, case `{case}`, metric `{name}`: {what}"
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(BaselineCase { section, subsection: case, metrics })
    }
}

impl MetricForm {
    fn into_metric(self, name: &str, of_case: &Provenance) -> Result<BaselineMetric, String> {
        let launches = self.launches as usize;
        if launches == 0 {
            return Err("`launches` is 0".to_owned());
        }
        let column = |name, column: &Column| column.expand(name, launches);
        let optional = |name, c: &Option<Column>| c.as_ref().map(|c| column(name, c)).transpose();
        let (n, q10) = (column("n", &self.n)?, column("q10", &self.q10)?);
        let (median, mean) = (column("median", &self.median)?, column("mean", &self.mean)?);
        let tails =
            (optional("min", &self.min)?, optional("p95", &self.p95)?, optional("p99", &self.p99)?);
        let paces = (optional("chain_ns", &self.chain_ns)?, optional("crowding", &self.crowding)?);
        let launches = (0..launches)
            .map(|i| LaunchStats {
                n: n[i] as u64,
                q10: q10[i],
                median: median[i],
                winsorised_mean: mean[i],
                tails: match &tails {
                    (Some(min), Some(p95), Some(p99)) => {
                        Some(Tails { min: min[i], p95: p95[i], p99: p99[i] })
                    }
                    _ => None,
                },
                pace: match &paces {
                    (Some(chain_ns), Some(crowding)) if chain_ns[i] > 0.0 => {
                        Some(Pace::of_baseline(chain_ns[i], crowding[i]))
                    }
                    _ => None,
                },
            })
            .collect();
        Ok(BaselineMetric {
            metric: Metric::new(name, self.unit, self.direction),
            provenance: self.provenance.unwrap_or_else(|| of_case.clone()),
            launches,
        })
    }

    fn of(metric: &BaselineMetric, of_case: &Provenance) -> Self {
        let digits = if metric.metric.is_time() { five_digits } else { all_digits };
        let column =
            |of: fn(&LaunchStats) -> f64| Column::of(metric.launches.iter().map(of).map(digits));
        let tail = |of: fn(&Tails) -> f64| {
            let values: Option<Vec<f64>> =
                metric.launches.iter().map(|l| l.tails.as_ref().map(of)).collect();
            values.map(|values| Column::of(values.into_iter().map(digits)))
        };
        let pace = |of: fn(&Pace) -> f64, digits: fn(f64) -> serde_json::Number| {
            let values: Option<Vec<f64>> =
                metric.launches.iter().map(|l| l.pace.as_ref().map(of)).collect();
            values.map(|values| Column::of(values.into_iter().map(digits)))
        };
        Self {
            chain_ns: pace(|p| p.chain_ns, four_digits),
            crowding: pace(|p| p.crowding, three_digits),
            provenance: (metric.provenance != *of_case).then(|| metric.provenance.clone()),
            unit: metric.metric.unit.clone(),
            direction: metric.metric.direction,
            launches: metric.launches.len() as u32,
            n: Column::of(metric.launches.iter().map(|l| l.n.into())),
            q10: column(|l| l.q10),
            median: column(|l| l.median),
            mean: column(|l| l.winsorised_mean),
            min: tail(|t| t.min),
            p95: tail(|t| t.p95),
            p99: tail(|t| t.p99),
        }
    }
}

impl Column {
    fn of(values: impl Iterator<Item = serde_json::Number>) -> Self {
        let values: Vec<serde_json::Number> = values.collect();
        match values.first() {
            Some(first) if values.iter().all(|value| value == first) => Self::Same(first.clone()),
            _ => Self::Each(values),
        }
    }

    fn expand(&self, name: &str, launches: usize) -> Result<Vec<f64>, String> {
        let number = |value: &serde_json::Number| {
            value.as_f64().filter(|v| v.is_finite()).ok_or(format!("`{name}` holds {value}"))
        };
        match self {
            Self::Same(value) => Ok(vec![number(value)?; launches]),
            Self::Each(values) if values.len() == launches => values.iter().map(number).collect(),
            Self::Each(values) => {
                Err(format!("`{name}` has {} values for {launches} launches", values.len()))
            }
        }
    }
}

/// Five digits of a time are more than any clock here is good for.
fn five_digits(value: f64) -> serde_json::Number {
    all_digits(format!("{value:.4e}").parse().expect("Rust reads what it writes"))
}

fn four_digits(value: f64) -> serde_json::Number {
    all_digits(format!("{value:.3e}").parse().expect("Rust reads what it writes"))
}

fn three_digits(value: f64) -> serde_json::Number {
    all_digits(format!("{value:.2e}").parse().expect("Rust reads what it writes"))
}

fn all_digits(value: f64) -> serde_json::Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return (value as i64).into();
    }
    serde_json::Number::from_f64(value).expect("statistics of samples are finite")
}

pub(crate) fn render(hosts: &[HostEntry]) -> String {
    let mut text = format!("{{\"schema\": \"{SCHEMA}\", \"hosts\": [");
    for (i, entry) in hosts.iter().enumerate() {
        text.push_str(if i == 0 { "\n" } else { ",\n" });
        text.push_str(&format!("{{\"host\": {}, \"cases\": [", json(&entry.host)));
        for (i, case) in entry.cases.iter().enumerate() {
            text.push_str(if i == 0 { "\n" } else { ",\n" });
            render_case(case, &mut text);
        }
        text.push_str("\n]}");
    }
    text.push_str("\n]}\n");
    text
}

fn render_case(case: &BaselineCase, text: &mut String) {
    let provenance = most_common_provenance(case);
    text.push_str(&format!(
        "  {{\"section\": {}, \"case\": {}, \"provenance\": {}, \"metrics\": {{",
        json(&case.section),
        json(&case.subsection),
        json(provenance)
    ));
    for (i, metric) in case.metrics.iter().enumerate() {
        text.push_str(if i == 0 { "\n" } else { ",\n" });
        text.push_str(&format!(
            "    {}: {}",
            json(&metric.metric.name),
            json(&MetricForm::of(metric, provenance))
        ));
    }
    text.push_str("}}");
}

/// What stands at the case, so that only the odd ones are written at their metric; the first of
/// several that are equally common.
fn most_common_provenance(case: &BaselineCase) -> &Provenance {
    let all = || case.metrics.iter().map(|metric| &metric.provenance);
    let most = all().rev().max_by_key(|one| all().filter(|other| other == one).count());
    most.expect("neither reading nor putting lets a case without metrics in")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data with string keys")
}
