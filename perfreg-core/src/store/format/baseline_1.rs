//! `perfreg-baseline/1`, which perfreg wrote before its first release: read, and written again as
//! the newest.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Error;
use crate::model::{BaselineCase, BaselineMetric, Direction, Metric, Provenance, Unit};
use crate::store::baseline::HostEntry;
use crate::store::format::column::{Column, Columns};
use crate::store::format::entries;

pub(super) const SCHEMA: &str = "perfreg-baseline/1";

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
    entries::parse::<CaseForm>(text)
}

impl entries::CaseForm for CaseForm {
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
        let columns = Columns {
            q10: column("q10", &self.q10)?,
            distribution: [
                Some(column("n", &self.n)?),
                optional("min", &self.min)?,
                Some(column("median", &self.median)?),
                Some(column("mean", &self.mean)?),
                optional("p95", &self.p95)?,
                optional("p99", &self.p99)?,
            ],
            pace: [optional("chain_ns", &self.chain_ns)?, optional("crowding", &self.crowding)?],
        };
        Ok(BaselineMetric {
            metric: Metric::new(name, self.unit, self.direction),
            provenance: self.provenance.unwrap_or_else(|| of_case.clone()),
            launches: columns.stats(),
        })
    }
}
