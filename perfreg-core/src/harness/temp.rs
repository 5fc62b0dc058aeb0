//! Temporary.
use crate::measure::Bencher;
use crate::private::{Failure, TestSpec};
/// Temporary: runs each case once.
///
/// # Errors
/// What the body says.
pub fn run(
    _spec: &TestSpec,
    skip: Option<String>,
    cases: &[String],
    body: &mut dyn FnMut(usize, Bencher) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if skip.is_some() {
        return Ok(());
    }
    (0..cases.len()).try_for_each(|i| body(i, Bencher::new(crate::measure::Mode::Smoke).0))
}
/// Runs a future to its end on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
