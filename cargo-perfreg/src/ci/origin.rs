//! Where results come from, for a reader who wants to see more: values in, Markdown out.

use crate::ci::record::Compared;
use crate::report::prose;

/// Which job measured what.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Origin {
    /// What the record says was compared.
    pub(crate) compared: Option<Compared>,
    /// The job, on the web.
    pub(crate) job: Option<Link>,
}

/// An address that the service itself gave us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Link(String);

impl Link {
    /// The address in `text`, if it is one that can stand in Markdown as it is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'+,;=%".contains(c);
        let is_web = text.starts_with("https://") || text.starts_with("http://");
        (is_web && text.len() < 500 && text.chars().all(fits)).then(|| Self(text.to_owned()))
    }
}

impl Origin {
    /// A line below a report; empty if nothing is known.
    pub(crate) fn markdown(&self) -> String {
        /// Characters of a name that are shown.
        const NAME: usize = 100;
        let name = |text: &str| prose(&crate::plain::middle(text, NAME));
        let compared = self.compared.as_ref().map(|Compared { base, head }| {
            format!(
                "Both were built and measured on one machine: {} and {}.",
                name(base),
                name(head)
            )
        });
        let job = self.job.as_ref().map(|Link(url)| format!("[The job that measured it]({url})."));
        let parts: Vec<String> = compared.into_iter().chain(job).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!("\n{}\n", parts.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Link, Origin};
    use crate::ci::record::Compared;

    #[test]
    fn origins_are_a_line() {
        let check = |base: Option<&str>, job: &str, expected: &str| {
            let compared =
                base.map(|base| Compared { base: base.to_owned(), head: "HEAD".to_owned() });
            let origin = Origin { compared, job: Link::parse(job) };
            assert_eq!(origin.markdown(), expected);
        };
        check(None, "", "");
        check(
            None,
            "https://x.org/a/1?b=2",
            "\n[The job that measured it](https://x.org/a/1?b=2).\n",
        );
        check(None, "https://x.org/) [a](b", "");
        check(None, "javascript:alert(1)", "");
        let both = "\nBoth were built and measured on one machine: &#64;&#8203;all and HEAD.\n";
        check(Some("@all"), "", both);
    }
}
