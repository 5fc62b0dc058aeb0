//! A price list that is looked up asynchronously: a table of pages, each with sorted entries.
//!
//! Between finding the page and reading it, a lookup yields to the executor once, as it would if
//! the page came from a disk. The future that does so is written by hand; no runtime is needed.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::slowdown::{self, Work};

const ENTRIES_PER_PAGE: usize = 64;

/// Prices by article, on pages.
#[derive(Clone, Debug)]
pub struct PriceList {
    /// Sorted by article; no page is empty.
    pages: Vec<Vec<(String, u32)>>,
}

impl PriceList {
    /// A list of the articles `article-00000`, `article-00001` and so on, each with its price.
    pub fn of_articles(count: u32) -> Self {
        let entries: Vec<_> = (0..count).map(|n| (article(n), 100 + n * 7 % 900)).collect();
        Self { pages: entries.chunks(ENTRIES_PER_PAGE).map(<[_]>::to_vec).collect() }
    }

    /// The price of one article, if it is on the list.
    pub async fn price(&self, article: &str) -> Option<u32> {
        let after = self.pages.partition_point(|page| *page[0].0 <= *article);
        let page = &self.pages[after.checked_sub(1)?];
        yield_now().await;
        let at = page.binary_search_by(|entry| (*entry.0).cmp(article)).ok()?;
        Some(page[at].1)
    }

    /// What a basket costs; articles that are not on the list cost nothing.
    pub async fn total(&self, basket: &[String]) -> u32 {
        for article in basket.iter().cycle().take(slowdown::extra(Work::Lookup, basket.len())) {
            black_box(self.price(article).await);
        }
        let mut total = 0;
        for article in basket {
            total += self.price(article).await.unwrap_or(0);
        }
        total
    }
}

/// The name of the article with this number.
pub fn article(number: u32) -> String {
    format!("article-{number:05}")
}

/// Lets the executor run others once.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`]: pending when first asked, ready from then on.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        // Without this the executor would never ask again.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::{PriceList, article, yield_now};

    /// Runs a future to its end: its output, and how many times it yielded.
    fn drive<F: Future>(future: F) -> (F::Output, usize) {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let mut yields = 0;
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(output) => return (output, yields),
                Poll::Pending => yields += 1,
            }
        }
    }

    #[test]
    fn a_yield_is_one() {
        assert_eq!(drive(yield_now()), ((), 1));
    }

    #[test]
    fn every_article_is_found_with_one_yield() {
        let list = PriceList::of_articles(1_000);
        for number in 0..1_000 {
            assert_eq!(drive(list.price(&article(number))), (Some(100 + number * 7 % 900), 1));
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let list = PriceList::of_articles(100);
        for unknown in ["", "article", "article-00000x", "article-00100", "zebra"] {
            assert_eq!(drive(list.price(unknown)).0, None, "{unknown}");
        }
        assert_eq!(drive(PriceList::of_articles(0).price("article-00000")).0, None);
    }

    #[test]
    fn a_basket_costs_the_sum() {
        let list = PriceList::of_articles(100);
        let basket = [article(0), article(1), "unknown".to_owned(), article(1)];
        assert_eq!(drive(list.total(&basket)).0, 100 + 107 + 107);
    }
}
