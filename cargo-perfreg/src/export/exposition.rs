//! What every writer of `OpenMetrics` needs: families, samples with their labels, and the end.

use std::fmt::{Display, Write as _};

/// Samples of one name.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<&'static str>,
    /// What its values are.
    pub(crate) help: &'static str,
}

/// The type of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Gauge,
    /// Its samples end in `_info`.
    Info,
}

/// The last line of a text.
pub(crate) const END: &str = "# EOF\n";

impl Family {
    /// Adds what stands before the samples.
    pub(crate) fn begin(&self, text: &mut String) {
        let (name, kind) = match self.kind {
            Kind::Gauge => (self.name, "gauge"),
            // The family is named without its ending.
            Kind::Info => (self.name.trim_end_matches("_info"), "info"),
        };
        let _ = writeln!(text, "# TYPE {name} {kind}");
        if let Some(unit) = self.unit {
            let _ = writeln!(text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(text, "# HELP {name} {}", self.help);
    }

    /// Adds a sample.
    pub(crate) fn sample(&self, text: &mut String, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let _ = writeln!(text, "{}{{{}}} {value}", self.name, labels.join(","));
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
