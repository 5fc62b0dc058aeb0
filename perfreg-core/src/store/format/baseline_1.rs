//! `perfreg-baseline/1`, which perfreg wrote before its first release: read, and written again as
//! the newest.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Error;
use crate::model::{
    BaselineCase, BaselineMetric, Direction, Distribution, HostKey, LaunchStats, Metric, Pace,
    Provenance, Unit,
};
use crate::store::baseline::HostEntry;
use crate::store::format::column::Column;
use crate::store::format::entries;

pub(super) const SCHEMA: &str = "perfreg-baseline/1";

#[derive(Deserialize)]
struct FileForm {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricForm {
    /// Where it is not the case's.
    provenance: Option<Provenance>,
    unit: Unit,
    direction: Direction,
    launches: u32,
    n: Column,
    q10: Column,
    median: Column,
    mean: Column,
    min: Option<Column>,
    p95: Option<Column>,
    p99: Option<Column>,
    chain_ns: Option<Column>,
    crowding: Option<Column>,
}

pub(super) fn parse(text: &str) -> Result<Vec<HostEntry>, Error> {
    let file: FileForm = serde_json::from_str(text).map_err(|e| Error::data(e.to_string()))?;
    entries::hosts(file.hosts.into_iter().map(HostForm::into_entry).collect::<Result<_, _>>()?)
}

impl HostForm {
    fn into_entry(self) -> Result<HostEntry, Error> {
        let cases = self.cases.into_iter().map(CaseForm::into_case).collect::<Result<_, _>>()?;
        entries::host(self.host, cases)
    }
}

impl CaseForm {
    fn into_case(self) -> Result<BaselineCase, Error> {
        let Self { section, case, provenance, metrics } = self;
        entries::case(section, case, metrics, |name, form: MetricForm| {
            form.into_metric(name, &provenance)
        })
    }
}

impl MetricForm {
    fn into_metric(self, name: &str, of_case: &Provenance) -> Result<BaselineMetric, String> {
        let launches = self.launches as usize;
        if launches == 0 {
            return Err("`launches` is 0".to_owned());
        }
        let column = |name, column: &Column| column.expand(name, launches);
        let optional = |name, c: &Option<Column>| Column::optional(c.as_ref(), name, launches);
        let (n, q10) = (column("n", &self.n)?, column("q10", &self.q10)?);
        let (median, mean) = (column("median", &self.median)?, column("mean", &self.mean)?);
        let tails =
            (optional("min", &self.min)?, optional("p95", &self.p95)?, optional("p99", &self.p99)?);
        let paces = (optional("chain_ns", &self.chain_ns)?, optional("crowding", &self.crowding)?);
        let launches = (0..launches)
            .map(|i| LaunchStats {
                q10: q10[i],
                distribution: match &tails {
                    (Some(min), Some(p95), Some(p99)) => Some(Distribution {
                        n: n[i] as u64,
                        min: min[i],
                        median: median[i],
                        winsorised_mean: mean[i],
                        p95: p95[i],
                        p99: p99[i],
                    }),
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
}
