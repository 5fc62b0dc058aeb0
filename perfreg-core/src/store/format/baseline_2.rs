//! `perfreg-baseline/2`: one line a metric, so that a diff shows what changed and nothing else, and
//! nothing on a line that its name says already.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::error::Error;
use crate::model::{
    BaselineCase, BaselineMetric, Direction, Distribution, LaunchStats, Metric, Provenance,
    Revision, Session, Toolchain, Unit,
};
use crate::store::baseline::HostEntry;
use crate::store::format::column::{Column, Columns, number, rounded};
use crate::store::format::entries;

pub(super) const SCHEMA: &str = "perfreg-baseline/2";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseForm {
    section: String,
    case: String,
    measured: MeasuredForm,
    metrics: BTreeMap<String, MetricForm>,
}

/// A [`Provenance`] on few characters.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuredForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    dirty: bool,
    rustc: String,
    profile: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    features: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// Date and launches.
    sessions: Vec<(String, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricForm {
    /// Where it is not the case's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measured: Option<MeasuredForm>,
    /// Unit and direction, of what perfreg does not measure itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<Unit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    /// What the columns of nanoseconds are written in.
    #[serde(rename = "in", default, skip_serializing_if = "Scale::is_nanoseconds")]
    scale: Scale,
    launches: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<Column>,
    /// The value of every sample of every launch, in the place of all columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    q10: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    median: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mean: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p95: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p99: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain_ns: Option<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crowding: Option<Column>,
}

/// Nanoseconds, or a multiple that needs fewer digits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Scale {
    #[default]
    #[serde(rename = "ns")]
    Nanoseconds,
    #[serde(rename = "us")]
    Microseconds,
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "s")]
    Seconds,
}

impl Scale {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_nanoseconds(&self) -> bool {
        *self == Self::Nanoseconds
    }

    fn nanoseconds(self) -> f64 {
        match self {
            Self::Nanoseconds => 1.0,
            Self::Microseconds => 1e3,
            Self::Milliseconds => 1e6,
            Self::Seconds => 1e9,
        }
    }

    /// The one that takes fewest characters for five digits of `nanoseconds`.
    fn of(nanoseconds: f64) -> Self {
        let scales = [Self::Seconds, Self::Milliseconds, Self::Microseconds];
        let fits = |scale: &Self| nanoseconds >= 100.0 * scale.nanoseconds();
        scales.into_iter().find(fits).unwrap_or_default()
    }
}

pub(super) fn parse(text: &str) -> Result<Vec<HostEntry>, Error> {
    entries::parse::<CaseForm>(text)
}

impl entries::CaseForm for CaseForm {
    fn into_case(self) -> Result<BaselineCase, Error> {
        let Self { section, case, measured, metrics } = self;
        let of_case = Provenance::from(measured);
        entries::case(section, case, metrics, |name, form: MetricForm| {
            form.into_metric(name, &of_case)
        })
    }
}

impl From<MeasuredForm> for Provenance {
    fn from(form: MeasuredForm) -> Self {
        let MeasuredForm { commit, dirty, rustc, profile, features, seed, sessions, reason } = form;
        let session = |(date, launches)| Session { date, launches };
        Self {
            revision: commit.map(|commit| Revision { dirty, ..Revision::of(commit) }),
            toolchain: Toolchain { rustc, profile, features, seed },
            sessions: sessions.into_iter().map(session).collect(),
            reason,
        }
    }
}

impl From<&Provenance> for MeasuredForm {
    fn from(provenance: &Provenance) -> Self {
        let Provenance { revision, toolchain, sessions, reason } = provenance;
        Self {
            commit: revision.as_ref().map(|revision| revision.short().to_owned()),
            dirty: revision.as_ref().is_some_and(|revision| revision.dirty),
            rustc: toolchain.rustc.clone(),
            profile: toolchain.profile.clone(),
            features: toolchain.features.clone(),
            seed: toolchain.seed,
            sessions: sessions.iter().map(|one| (one.date.clone(), one.launches)).collect(),
            reason: reason.clone(),
        }
    }
}

impl MetricForm {
    fn into_metric(self, name: &str, of_case: &Provenance) -> Result<BaselineMetric, String> {
        let launches = self.stats()?;
        let known = Metric::built_in(name);
        let missing = |what: &str| format!("`{what}` is missing");
        let unit = self.unit.or_else(|| known.as_ref().map(|metric| metric.unit.clone()));
        let direction = self.direction.or_else(|| known.as_ref().map(|metric| metric.direction));
        Ok(BaselineMetric {
            metric: Metric::new(
                name,
                unit.ok_or_else(|| missing("unit"))?,
                direction.ok_or_else(|| missing("direction"))?,
            ),
            provenance: self.measured.map_or_else(|| of_case.clone(), Provenance::from),
            launches,
        })
    }

    fn stats(&self) -> Result<Vec<LaunchStats>, String> {
        let launches = self.launches as usize;
        if launches == 0 {
            return Err("`launches` is 0".to_owned());
        }
        let every = self.every.clone().map(Column::Same);
        let column = |name, column: &Option<Column>| {
            Column::optional(column.as_ref().or(every.as_ref()), name, launches).map(|values| {
                values
                    .map(|values| values.into_iter().map(|v| self.unscaled(v)).collect::<Vec<_>>())
            })
        };
        let plain =
            |name, column: &Option<Column>| Column::optional(column.as_ref(), name, launches);
        let columns = Columns {
            q10: column("q10", &self.q10)?.ok_or("`q10` is missing")?,
            distribution: [
                plain("n", &self.n)?,
                column("min", &self.min)?,
                column("median", &self.median)?,
                column("mean", &self.mean)?,
                column("p95", &self.p95)?,
                column("p99", &self.p99)?,
            ],
            pace: [plain("chain_ns", &self.chain_ns)?, plain("crowding", &self.crowding)?],
        };
        Ok(columns.stats())
    }

    /// The value that was rounded and scaled: the digits are those that were written.
    fn unscaled(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Nanoseconds => value,
            scale => rounded(value * scale.nanoseconds(), DIGITS),
        }
    }

    fn of(metric: &BaselineMetric, of_case: &MeasuredForm) -> Self {
        let BaselineMetric { metric, provenance, launches } = metric;
        let measured = Some(MeasuredForm::from(provenance)).filter(|own| own != of_case);
        let form = Self::head(metric, launches, measured);
        let n = over(launches, |l| Some(l.distribution?.n as f64), number);
        if let Some(every) = constant(launches) {
            return Self { n, every: Some(number(every)), ..form };
        }
        let scale = form.scale;
        let digits = |value: f64| match metric.is_time() {
            true => number(rounded(rounded(value, DIGITS) / scale.nanoseconds(), DIGITS)),
            false => number(value),
        };
        let column = |of: fn(&Distribution) -> f64| {
            over(launches, |l| l.distribution.as_ref().map(of), digits)
        };
        Self {
            n,
            q10: over(launches, |l| Some(l.q10), digits),
            min: column(|d| d.min),
            median: column(|d| d.median),
            mean: column(|d| d.winsorised_mean),
            p95: column(|d| d.p95),
            p99: column(|d| d.p99),
            chain_ns: over(launches, |l| Some(l.pace?.chain_ns), |v| number(rounded(v, 4))),
            crowding: over(launches, |l| Some(l.pace?.crowding), |v| number(rounded(v, 4))),
            ..form
        }
    }

    /// A row without columns.
    fn head(metric: &Metric, launches: &[LaunchStats], measured: Option<MeasuredForm>) -> Self {
        let is_known = Metric::built_in(&metric.name).as_ref() == Some(metric);
        let least = launches.iter().map(|launch| launch.q10).fold(f64::INFINITY, f64::min);
        let scale = match metric.unit {
            Unit::Nanoseconds if constant(launches).is_none() => Scale::of(least),
            _ => Scale::Nanoseconds,
        };
        Self {
            measured,
            unit: (!is_known).then(|| metric.unit.clone()),
            direction: (!is_known).then_some(metric.direction),
            scale,
            launches: launches.len() as u32,
            n: None,
            every: None,
            q10: None,
            min: None,
            median: None,
            mean: None,
            p95: None,
            p99: None,
            chain_ns: None,
            crowding: None,
        }
    }
}

/// Digits of a time: more than any clock here is good for.
const DIGITS: usize = 5;

/// A column of what `of` takes from every launch; none if one of them has none.
fn over(
    launches: &[LaunchStats],
    of: impl Fn(&LaunchStats) -> Option<f64>,
    digits: impl Fn(f64) -> Number,
) -> Option<Column> {
    let values: Option<Vec<f64>> = launches.iter().map(of).collect();
    values.map(|values| Column::of(values.into_iter().map(digits)))
}

/// The value of all samples of all launches, if they are one, and nothing else is known of them.
fn constant(launches: &[LaunchStats]) -> Option<f64> {
    let value = launches.first()?.q10;
    let is = |launch: &LaunchStats| {
        launch.pace.is_none()
            && launch.distribution.is_some_and(|d| {
                [launch.q10, d.min, d.median, d.winsorised_mean, d.p95, d.p99]
                    .iter()
                    .all(|one| *one == value)
            })
    };
    launches.iter().all(is).then_some(value)
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
    let measured: Vec<MeasuredForm> = case.metrics.iter().map(|m| (&m.provenance).into()).collect();
    let of_case = most_common(&measured);
    text.push_str(&format!(
        "  {{\"section\": {}, \"case\": {}, \"measured\": {}, \"metrics\": {{",
        json(&case.section),
        json(&case.subsection),
        json(of_case)
    ));
    for (i, metric) in case.metrics.iter().enumerate() {
        text.push_str(if i == 0 { "\n" } else { ",\n" });
        text.push_str(&format!(
            "    {}: {}",
            json(&metric.metric.name),
            json(&MetricForm::of(metric, of_case))
        ));
    }
    text.push_str("}}");
}

/// What stands at the case, so that only the odd ones are written at their metric; the first of
/// several that are equally common.
fn most_common(all: &[MeasuredForm]) -> &MeasuredForm {
    let most = all.iter().rev().max_by_key(|one| all.iter().filter(|other| other == one).count());
    most.expect("neither reading nor putting lets a case without metrics in")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data with string keys")
}
