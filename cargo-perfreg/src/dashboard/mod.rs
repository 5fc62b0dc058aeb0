//! The two pages of `cargo perfreg dashboard`: values in, HTML out.
//!
//! A page is one file that opens without a network: the charting library, its own scripts and the data
//! stand in it, and its policy allows nothing else. Everything that was judged was judged before; a page
//! shows it. Names are of anybody's making: they travel as data and are written as text.

mod columns;
mod notes;
mod over_time;
mod page;
mod side_by_side;

pub(crate) use over_time::{OverTime, Recent, Story, seconds};
pub(crate) use page::{Kind, page};
pub(crate) use side_by_side::{Before, SideBySide, samples_of};
