//! Progress on standard error: a bar on a terminal, plain lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// Shows which test is being measured.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Nothing at all.
    Silent,
    /// A line a test.
    Lines {
        /// How many tests there are.
        total: usize,
        /// How many have begun.
        begun: usize,
    },
    /// A bar.
    Bar(ProgressBar),
}

impl Progress {
    /// Progress over `total` tests.
    pub(crate) fn new(total: usize, silent: bool, draws: bool) -> Self {
        match (silent, draws) {
            (true, _) => Progress::Silent,
            (false, false) => Progress::Lines { total, begun: 0 },
            (false, true) => Progress::Bar(bar(total)),
        }
    }

    /// The test `name` begins.
    pub(crate) fn begin(&mut self, name: &str) {
        match self {
            Progress::Silent => {}
            Progress::Lines { total, begun } => {
                *begun += 1;
                eprintln!("{begun}/{total} {name}");
            }
            Progress::Bar(bar) => bar.set_message(name.to_owned()),
        }
    }

    /// The test that began last has ended.
    pub(crate) fn end(&mut self) {
        if let Progress::Bar(bar) = self {
            bar.inc(1);
            // From now on there is something to extrapolate from.
            bar.set_style(style("{bar:24} {human_pos}/{human_len} {msg}  {elapsed}, {eta} to go"));
        }
    }

    /// All tests have ended; the bar goes.
    pub(crate) fn finish(self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    bar.set_style(style("{bar:24} {human_pos}/{human_len} {msg}  {elapsed}"));
    // Redraws while a test runs, so that the clock goes on.
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are well formed")
}
