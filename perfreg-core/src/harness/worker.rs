//! The worker's side: measure one case and leave the result for the gate.

use std::sync::{Arc, Mutex};

use crate::error::Error;
use crate::harness::entry::{Body, Test, failed};
use crate::harness::spec::Failure;
use crate::harness::workers::Description;
use crate::measure::{
    Ask, Bencher, Job, Mode, PROTOCOL, Recording, Use, keep_to_one_kind, leave_result,
};
use crate::model::{Health, Launch, Placement};

/// Measures the job's case and leaves what came out, good or bad.
pub(crate) fn serve(
    test: &Test<'_>,
    job: &Job,
    skip: Option<String>,
    body: Body<'_>,
) -> Result<(), Failure> {
    // libtest matched exactly one name; another test of this process is not ours to answer for.
    if job.test != test.id.test {
        return Ok(());
    }
    if job.protocol != PROTOCOL {
        let result: Result<Launch, String> = Err(format!(
            "the test was built with another version of perfreg: it speaks {PROTOCOL}, and was asked in {}",
            job.protocol
        ));
        return leave_result(job, &result).map_err(failed);
    }
    if job.ask == Ask::Description {
        let description: Result<_, String> = Ok(Description::of(test, skip));
        return leave_result(job, &description).map_err(failed);
    }
    if let Some(reason) = skip {
        let result: Result<Launch, String> = Err(format!("the test skips itself: {reason}"));
        return leave_result(job, &result).map_err(failed);
    }
    let placement = keep_to_one_kind();
    let (bencher, recording) = Bencher::new(Mode::Measure(job.plan));
    let name = test.cases.get(job.case).map_or("?", String::as_str);
    let result =
        body(job.case, bencher).map_err(|failure| failure.text().to_owned()).and_then(|()| {
            check_used(test, name, &recording)
                .and_then(|()| launch(&recording, placement))
                .map_err(|error| error.to_string())
        });
    leave_result(job, &result).map_err(failed)
}

/// A test that measured nothing would pass for ever.
pub(crate) fn check_used(
    test: &Test<'_>,
    case: &str,
    recording: &Arc<Mutex<Recording>>,
) -> Result<(), Error> {
    let mut recording = recording.lock().expect("the test has ended");
    if let Some(error) = recording.error.take() {
        return Err(error);
    }
    match recording.used {
        Use::Called => Ok(()),
        Use::Begun => Err(Error::measurement(format!(
            "{} [{case}] began to measure and did not end: there is nothing to judge, in {}",
            test.id, test.spec.file
        ))),
        Use::Never => Err(Error::usage(format!(
            "{} [{case}] takes a `Bencher` and calls none of its `bench*` or `record*` methods, in {}",
            test.id, test.spec.file
        ))),
    }
}

fn launch(recording: &Arc<Mutex<Recording>>, placement: Placement) -> Result<Launch, Error> {
    let mut recording = recording.lock().expect("the test has ended");
    let (throughput, gpu) = (recording.throughput, recording.gpu.take());
    let mut series = std::mem::take(&mut recording.recorded);
    let (iterations_per_sample, single_calls, health) = match recording.measured.take() {
        Some(measured) => {
            series.splice(0..0, measured.series);
            (measured.iterations, measured.single_calls, measured.health)
        }
        None => (1, None, Health::default()),
    };
    let health = Health { placement: Some(placement), ..health };
    let mut names = std::collections::BTreeSet::new();
    match series.iter().find(|s| !names.insert(s.metric.name.clone())) {
        Some(twice) => {
            Err(Error::usage(format!("metric `{}` was recorded twice", twice.metric.name)))
        }
        None => Ok(Launch { series, iterations_per_sample, throughput, single_calls, health, gpu }),
    }
}
