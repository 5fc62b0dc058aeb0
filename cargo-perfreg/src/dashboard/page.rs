//! A page as one file: the frame with everything that it needs in it, and the policy that keeps
//! anything else out.
//!
//! The policy allows scripts and styles by the hash of their text. The charting library makes an empty
//! style element, into which it puts rules as it draws; the hash of nothing allows that, and no text. It
//! also tries an image of a few bytes that it holds itself.
//! Charts are drawn as SVG, for which the library needs no `'unsafe-eval'`; only WebGL would.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Which page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Time series.
    OverTime,
    /// The last runs beside their baselines.
    SideBySide,
}

impl Kind {
    #[cfg(test)]
    const ALL: [Self; 2] = [Self::OverTime, Self::SideBySide];

    /// The name of the file.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::OverTime => "performance_dashboard.html",
            Self::SideBySide => "performance_comparison.html",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::OverTime => "Performance over time",
            Self::SideBySide => "Performance compared",
        }
    }

    /// The page that this one links to, and what that shows.
    fn other(self) -> (Self, &'static str) {
        match self {
            Self::OverTime => (Self::SideBySide, "The last runs beside their baselines"),
            Self::SideBySide => (Self::OverTime, "The history of every test"),
        }
    }

    /// What stands in the frame.
    fn main(self) -> &'static str {
        match self {
            Self::OverTime => include_str!("assets/over_time.html"),
            Self::SideBySide => include_str!("assets/side_by_side.html"),
        }
    }

    /// The scripts, in the order in which they build on each other.
    fn scripts(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::OverTime => &[
                include_str!("assets/series_table.js"),
                include_str!("assets/series_chart.js"),
                include_str!("assets/over_time.js"),
            ],
            Self::SideBySide => &[
                include_str!("assets/distribution.js"),
                include_str!("assets/bars.js"),
                include_str!("assets/side_by_side.js"),
            ],
        };
        [SHARED, own].concat()
    }
}

/// The scripts of both pages.
const SHARED: &[&str] = &[
    include_str!("assets/unpack.js"),
    include_str!("assets/format.js"),
    include_str!("assets/dom.js"),
    include_str!("assets/state.js"),
    include_str!("assets/download.js"),
    include_str!("assets/table.js"),
    include_str!("assets/chart.js"),
    include_str!("assets/thin.js"),
    include_str!("assets/opening.js"),
];

/// What pages have in common, with a mark for what they do not.
const FRAME: &str = include_str!("assets/frame.html");

const STYLE: &str = include_str!("assets/style.css");

/// plotly.js, out of the text by which its crate embeds it: the first of its scripts.
static LIBRARY: LazyLock<String> = LazyLock::new(|| {
    let all = plotly::Plot::offline_js_sources();
    let script = all.split("</script>").next().unwrap_or_default();
    let begin = script.find('>').map_or(0, |at| at + 1);
    script[begin..].to_owned()
});

/// The page of a kind with its packed data.
pub(crate) fn page(kind: Kind, packed: &str) -> String {
    let own = format!("\"use strict\";(() => {{\n{}}})();\n", kind.scripts().concat());
    let policy = policy(&[&LIBRARY, &own], &[STYLE, ""]);
    let (other, other_is) = kind.other();
    let parts: [(&str, &str); 10] = [
        ("{{policy}}", &policy),
        ("{{title}}", kind.title()),
        ("{{style}}", STYLE),
        ("{{title}}", kind.title()),
        ("{{other}}", other.file()),
        ("{{other_is}}", other_is),
        ("{{main}}", kind.main()),
        ("{{data}}", packed),
        ("{{script}}", &own),
        ("{{library}}", &LIBRARY),
    ];
    let mut page = String::new();
    let mut rest = FRAME;
    for (mark, content) in parts {
        let (before, after) =
            rest.split_once(mark).expect("the frame has each mark, in this order");
        page += before;
        page += content;
        rest = after;
    }
    page + rest
}

fn policy(scripts: &[&str], styles: &[&str]) -> String {
    let hashes = |texts: &[&str]| -> String {
        let hash =
            |text: &&str| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
        texts.iter().map(hash).collect()
    };
    format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; script-src{}; style-src{}",
        hashes(scripts),
        hashes(styles)
    )
}

#[cfg(test)]
mod tests {
    use super::{Kind, LIBRARY, page, policy};

    #[test]
    fn a_page_is_whole_and_asks_for_nothing() {
        for kind in Kind::ALL {
            let page = page(kind, "QUJD");
            assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{kind:?}");
            let own = page.replace(&*LIBRARY, "");
            let marks =
                ["{{", "http://", "https://", "<link", "src=", " style=", "innerHTML", "onclick="];
            for mark in marks {
                let found = own.find(mark).map(|at| own[at..].chars().take(60).collect::<String>());
                assert_eq!(found, None, "{kind:?}");
            }
            assert_eq!(own.matches("<script").count(), 3, "{kind:?}");
            assert_eq!(own.matches("<style>").count(), 1, "{kind:?}");
            // A carriage return would be read as another text than was hashed.
            assert!(!page.contains(['\r', '\0']), "{kind:?}");
        }
    }

    #[test]
    fn the_library_is_the_one_that_was_asked_for() {
        assert!(LIBRARY.trim_start().starts_with("/**\n* plotly.js v3."), "{}", &LIBRARY[..80]);
        assert!(LIBRARY.len() < 6_000_000 && !LIBRARY.contains("</script"));
    }

    #[test]
    fn the_policy_names_hashes_alone() {
        assert_eq!(
            policy(&["a"], &[""]),
            "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; \
             script-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='; \
             style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
        );
    }
}
