//! What a number means: its name, its unit and which way is better.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Tail;

/// Which way a metric gets better.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Times, allocations, memory: less is better.
    #[serde(rename = "lower")]
    LowerIsBetter,
    /// Throughput, accuracy: more is better.
    #[serde(rename = "higher")]
    HigherIsBetter,
}

/// The unit of a metric's values.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Nanoseconds per iteration.
    Nanoseconds,
    /// Bytes per iteration.
    Bytes,
    /// A plain count per iteration.
    Count,
    /// Bytes per second.
    BytesPerSecond,
    /// Items per second.
    ItemsPerSecond,
    /// Percent, 0 to 100.
    Percent,
    /// A number without unit, such as an accuracy between 0 and 1.
    Dimensionless,
    /// Any other unit, by its symbol.
    Other(Cow<'static, str>),
}

impl Unit {
    const KNOWN: [Unit; 7] = [
        Unit::Nanoseconds,
        Unit::Bytes,
        Unit::Count,
        Unit::BytesPerSecond,
        Unit::ItemsPerSecond,
        Unit::Percent,
        Unit::Dimensionless,
    ];

    /// The symbol that files and reports use, such as `ns`.
    pub fn symbol(&self) -> &str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::Bytes => "B",
            Unit::Count => "count",
            Unit::BytesPerSecond => "B/s",
            Unit::ItemsPerSecond => "items/s",
            Unit::Percent => "%",
            Unit::Dimensionless => "1",
            Unit::Other(symbol) => symbol,
        }
    }

    /// The unit with this symbol.
    pub fn from_symbol(symbol: &str) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|unit| unit.symbol() == symbol)
            .unwrap_or_else(|| Unit::Other(symbol.to_owned().into()))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl Serialize for Unit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.symbol())
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_symbol(&String::deserialize(deserializer)?))
    }
}

/// A named quantity that was measured, with its unit and direction.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Metric {
    /// The name in the attribute and in files, such as `wall_time`.
    pub name: String,
    /// The unit of the values.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
}

impl Metric {
    /// Time on the wall's clock.
    pub const WALL_TIME: &'static str = "wall_time";
    /// CPU time of the calling thread.
    pub const THREAD_CPU_TIME: &'static str = "thread_cpu_time";
    /// CPU time of the whole process.
    pub const PROCESS_CPU_TIME: &'static str = "process_cpu_time";
    /// The clock that fits the work: thread CPU time, or wall time if the work waits, or both wall time
    /// and process CPU time if it uses other threads.
    pub const TIME: &'static str = "time";
    /// Instructions that the calling thread executes, by whichever of the two counts there are.
    pub const INSTRUCTIONS: &'static str = "instructions";
    /// Instructions that the CPU counted, outside the kernel.
    pub const RETIRED_INSTRUCTIONS: &'static str = "retired_instructions";
    /// Instructions that callgrind counted, where the CPU's count cannot be had.
    pub const SIMULATED_INSTRUCTIONS: &'static str = "simulated_instructions";
    /// Allocations of the calling thread.
    pub const ALLOCATIONS: &'static str = "allocations";
    /// Bytes allocated by the calling thread.
    pub const ALLOCATED_BYTES: &'static str = "allocated_bytes";
    /// The most bytes that the calling thread held at once.
    pub const PEAK_BYTES: &'static str = "peak_bytes";
    /// Allocations of all threads.
    pub const PROCESS_ALLOCATIONS: &'static str = "process_allocations";
    /// Bytes allocated by all threads.
    pub const PROCESS_ALLOCATED_BYTES: &'static str = "process_allocated_bytes";
    /// The most bytes that all threads held at once.
    pub const PROCESS_PEAK_BYTES: &'static str = "process_peak_bytes";

    /// The most memory of the machine that the worker's process held at once, whoever allocated it.
    pub const PEAK_RESIDENT_BYTES: &'static str = "peak_resident_bytes";
    /// CPU time of the process per wall time; 100 % is one core.
    pub const CPU_SHARE: &'static str = "cpu_share";

    /// How long a host takes to hand work over to a device: much of the host, and nothing of the work.
    pub const ENQUEUE_TIME: &'static str = "enqueue_time";

    /// Millijoules that a device takes for one call.
    pub const DEVICE_ENERGY: &'static str = "device_energy";
    /// The share of the time in which a device was slower than asked for, for its power.
    pub const DEVICE_POWER_VIOLATION: &'static str = "device_power_violation";
    /// The share of the time in which a device was slower than asked for, for its heat.
    pub const DEVICE_THERMAL_VIOLATION: &'static str = "device_thermal_violation";
    /// The share of the time in which a device's matrix units worked.
    pub const DEVICE_TENSOR_USE: &'static str = "device_tensor_use";
    /// The share of the bandwidth of a device's memory that was used.
    pub const DEVICE_DRAM_USE: &'static str = "device_dram_use";
    /// The share of the time in which a device's memory was read or written.
    pub const DEVICE_MEMORY_BUSY: &'static str = "device_memory_busy";

    /// A metric of any name.
    pub fn new(name: impl Into<String>, unit: Unit, direction: Direction) -> Self {
        Self { name: name.into(), unit, direction }
    }

    /// A time in nanoseconds, where less is better.
    pub fn time(name: &str) -> Self {
        Self::new(name, Unit::Nanoseconds, Direction::LowerIsBetter)
    }

    /// The metric that perfreg measures itself under this name, if it does.
    pub fn built_in(name: &str) -> Option<Self> {
        let known = Self::time(name);
        let unit = match name {
            Self::ALLOCATIONS | Self::PROCESS_ALLOCATIONS => Unit::Count,
            _ if known.is_instruction_count() => Unit::Count,
            Self::PEAK_RESIDENT_BYTES => Unit::Bytes,
            Self::CPU_SHARE => Unit::Percent,
            _ if known.is_allocator_count() => Unit::Bytes,
            _ if known.is_clock() || Tail::of_metric(name).is_some() => Unit::Nanoseconds,
            _ => return None,
        };
        Some(Self { unit, ..known })
    }

    /// True for what a clock reads, and so for what no foreign machine can be compared by.
    pub fn is_time(&self) -> bool {
        matches!(self.unit, Unit::Nanoseconds | Unit::BytesPerSecond | Unit::ItemsPerSecond)
            || matches!(self.unit.symbol(), "us" | "ms" | "s" | "cycles")
    }

    /// True for cycles of a device's clock.
    pub fn is_in_cycles(&self) -> bool {
        self.unit.symbol() == "cycles"
    }

    /// The name of what has to change with this metric, if a launch holds it: `device_cycles` with the
    /// time `device_time`, the other way round, and `device_time` with [`Self::ENQUEUE_TIME`].
    pub fn counterpart(&self) -> Option<String> {
        let (from, to) = match self.unit {
            _ if self.name == Self::ENQUEUE_TIME => ("enqueue", "device"),
            _ if self.is_in_cycles() => ("cycles", "time"),
            Unit::Nanoseconds if !self.is_reserved() => ("time", "cycles"),
            _ => return None,
        };
        self.name.contains(from).then(|| self.name.replacen(from, to, 1))
    }

    /// True for what a device's own counters tell of the work: one device has them and another has not, so
    /// they are judged only where a test lists them, and where they can be read.
    pub fn is_reading_of_device(&self) -> bool {
        Self::tells_device(&self.name)
    }

    /// True for the names of what [`Self::is_reading_of_device`] means.
    pub fn tells_device(name: &str) -> bool {
        [
            Self::DEVICE_ENERGY,
            Self::DEVICE_POWER_VIOLATION,
            Self::DEVICE_THERMAL_VIOLATION,
            Self::DEVICE_TENSOR_USE,
            Self::DEVICE_DRAM_USE,
            Self::DEVICE_MEMORY_BUSY,
        ]
        .contains(&name)
    }

    /// True for what no foreign machine can be compared by: times, and what a device tells of itself.
    pub fn is_of_one_machine(&self) -> bool {
        self.is_time() || self.is_reading_of_device()
    }

    /// True for the clocks that every measured test reads.
    pub fn is_clock(&self) -> bool {
        [Self::WALL_TIME, Self::THREAD_CPU_TIME, Self::PROCESS_CPU_TIME]
            .contains(&self.name.as_str())
    }

    /// True if this name means what perfreg measures itself, so that no test can record it.
    pub fn is_reserved(&self) -> bool {
        let is_tail = Tail::named(&self.name).is_some() || Tail::of_metric(&self.name).is_some();
        let is_count = self.is_allocator_count() || self.is_instruction_count();
        let names = [Self::TIME, Self::INSTRUCTIONS, Self::PEAK_RESIDENT_BYTES, Self::CPU_SHARE];
        names.contains(&self.name.as_str()) || self.is_clock() || is_tail || is_count
    }

    /// True for either count of instructions, which varies a little with addresses and hash seeds.
    pub fn is_instruction_count(&self) -> bool {
        [Self::RETIRED_INSTRUCTIONS, Self::SIMULATED_INSTRUCTIONS].contains(&self.name.as_str())
    }

    /// True for the counters of the allocator, which repeat exactly when the work does.
    pub fn is_allocator_count(&self) -> bool {
        [
            Self::ALLOCATIONS,
            Self::ALLOCATED_BYTES,
            Self::PEAK_BYTES,
            Self::PROCESS_ALLOCATIONS,
            Self::PROCESS_ALLOCATED_BYTES,
            Self::PROCESS_PEAK_BYTES,
        ]
        .contains(&self.name.as_str())
    }
}
