//! Both pages of `cargo perfreg dashboard` in a real browser: from the disk, with the network off.
//!
//! It takes Chromium and its driver, from the `PATH` or where `PERFREG_CHROMIUM` says, and says so where
//! there are none. With `PERFREG_SCREENS` it leaves pictures in that folder, and with `PERFREG_PAGES` it
//! opens the large pages there that the test `a_million_points_fit_into_a_page` has made.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may stop at the first surprise, like tests themselves"
)]

mod driver;
mod records;

use driver::{Browser, Window};
use records::{Pages, made_elsewhere};

const OVER_TIME: &str = "performance_dashboard.html";
const SIDE_BY_SIDE: &str = "performance_comparison.html";

/// The browser, unless there is none.
fn browser(window: Window) -> Option<Browser> {
    match Browser::start(window) {
        Ok(browser) => Some(browser),
        Err(why) => {
            eprintln!("not checked in a browser: {why}");
            None
        }
    }
}

/// Fails if the page complained, asked for anything, or did what a name told it.
#[track_caller]
fn is_clean(browser: &Browser) {
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.requests(), [""; 0]);
    assert_eq!(browser.text("window.harmed"), "undefined");
    // Of what a name might have made, nothing is there.
    assert_eq!(browser.text("document.querySelectorAll('img, b, script:not([id])').length"), "2");
}

/// The texts of a column of a table, from the top.
fn column(browser: &Browser, table: &str, nth: usize) -> Vec<String> {
    let cells = format!("document.querySelectorAll('#{table} tbody tr > :nth-child({nth})')");
    let texts =
        browser.run(&format!("return Array.from({cells}, (cell) => cell.innerText.trim())"));
    texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn time_series_are_filtered_drawn_and_linked() {
    let Some(browser) = browser(Window::Wide) else { return };
    let pages = Pages::make();
    let page = pages.path(OVER_TIME);
    browser.open(&page, "");
    // What got worse comes first, and is drawn with its band, its points and its step.
    assert!(browser.text("document.querySelector('#notes').innerText").contains("2 machines"));
    let steps = column(&browser, "changes-table", 1);
    assert!(steps.iter().any(|state| state.starts_with("▲ open, critical")), "{steps:?}");
    assert!(
        browser
            .text("document.querySelectorAll('#chart .scatterlayer .trace').length")
            .parse::<u32>()
            .unwrap()
            > 4
    );
    let links = browser.run(
        "return Array.from(document.querySelectorAll('#changes-table a'), (link) => link.href)",
    );
    let link = "https://github.com/owner/sample/compare/abcdef13";
    assert!(links[0].as_str().is_some_and(|first| first.starts_with(link)), "{links}");
    is_clean(&browser);

    // Filters count what they hide, and stand in the address.
    let all = column(&browser, "series-table", 3).len();
    browser.focus("#q");
    browser.press("quick");
    let shown = column(&browser, "series-table", 1);
    assert!(shown.len() < all && shown.iter().all(|name| name.contains("quick")), "{shown:?}");
    assert!(
        browser
            .text("document.querySelector('#series-table .count').innerText")
            .contains("hidden by the filters")
    );
    browser.set("metric", "allocations");
    assert!(column(&browser, "series-table", 4).iter().all(|metric| metric == "allocations"));
    let address = browser.text("location.hash");
    assert!(address.contains("q=quick") && address.contains("metric=allocations"), "{address}");

    // What is shown can be taken along; no cell is a formula.
    browser
        .run("window.saved = []; URL.createObjectURL = (blob) => (saved.push(blob), 'blob:none')");
    browser.run(
        "const named = document.createElement('a').constructor.prototype; named.click = () => {}",
    );
    browser.run("document.querySelector('#csv').click(); document.querySelector('#json').click()");
    browser.run(
        "Promise.all(saved.map((blob) => blob.text())).then((texts) => { window.texts = texts })",
    );
    browser.until("window.texts");
    let csv = browser.text("texts[0]");
    assert!(csv.starts_with("test,case,metric,unit,host"), "{csv}");
    assert!(csv.lines().count() > 20 && !csv.contains(",=") && csv.contains("\"\""), "{csv}");
    assert!(browser.text("JSON.parse(texts[1])[0].test").contains("quick"));

    // A click on a test shows its cases; the link to that shows them again.
    browser.run("document.querySelector('#series-table button.link').click()");
    let values = column(&browser, "points-table", 3);
    assert!(
        values.contains(&"1000".to_owned()) || values.contains(&"30000".to_owned()),
        "{values:?}"
    );
    let link = browser.text("location.hash.slice(1)");
    let says = browser.text("document.querySelector('#chart-says').innerText");
    browser.open(&page, &link);
    assert_eq!(browser.text("document.querySelector('#chart-says').innerText"), says);
    assert_eq!(browser.text("document.querySelector('#q').value"), "quick");
    assert_eq!(column(&browser, "points-table", 3), values);

    // The order of a table is part of the address, and so is what was accepted of the history.
    browser.run("document.querySelector('#series-table thead th:nth-child(6) button').click()");
    let sorted = browser.text("document.querySelector('#series-table th:nth-child(6)').ariaSort");
    assert_eq!(
        (sorted.as_str(), browser.text("location.hash").contains("series-by=5down")),
        ("descending", true)
    );
    browser.open(&page, "q=accepted&metric=wall_time&series-by=5down");
    browser.run("document.querySelector('#series-table button.link').click()");
    assert!(!column(&browser, "epochs-table", 1).is_empty());
    assert!(column(&browser, "points-table", 3).iter().all(|value| value.ends_with("s")));

    // A branch of a hostile name, another order, another scale.
    browser.open(&page, "x=order&y=log&relative=yes&theme=dark");
    let options = "document.querySelector('#branch').options";
    let branch = browser.text(&format!("{options}[{options}.length - 1].value"));
    browser.run(&format!("const one = document.querySelector('#branch'); one.value = {branch:?}; one.selectedIndex = one.options.length - 1; one.dispatchEvent(new Event('input'))"));
    assert!(browser.text("document.querySelector('#chart-says').innerText").contains("runs of"));
    // What a link names and is not there does no harm.
    browser.open(&page, "metric=gone&show=a.b.c&from=x&to=%00&theme=%3Cb%3E&y=%22");
    is_clean(&browser);
}

#[test]
fn sides_are_sorted_spread_and_compared() {
    let Some(browser) = browser(Window::Wide) else { return };
    let pages = Pages::make();
    let page = pages.path(SIDE_BY_SIDE);
    browser.open(&page, "q=quick&host=linux-x86_64, AMD EPYC 7B13, 2 cores");
    let effects = column(&browser, "rows-table", 8);
    let number = |text: &String| text.split(' ').next().unwrap().parse::<f64>().unwrap();
    assert!(effects.iter().map(number).is_sorted_by(|a, b| a >= b), "{effects:?}");
    assert!(browser.text("document.querySelector('#headline').innerText").contains("regressed"));
    // The baseline's samples are found in the history, beside those of now.
    let says = browser.text("document.querySelector('#spread-says').innerText");
    assert!(says.contains("baseline of 2026-01-05T18:00:00Z (500 samples)"), "{says}");
    let median = column(&browser, "quantiles-table", 1).iter().position(|name| name == "median");
    assert!(column(&browser, "quantiles-table", 4)[median.unwrap()].starts_with('+'));
    is_clean(&browser);

    for kind in ["histogram", "violin", "ecdf"] {
        browser.set("kind", kind);
        let traces = ".violinlayer .trace, .barlayer .trace, .scatterlayer .trace";
        assert_eq!(
            browser.text(&format!(
                "document.querySelectorAll('#spread').length && \
            Array.from(document.querySelector('#spread').querySelectorAll('{traces}')).length"
            )),
            "2",
            "{kind}"
        );
    }
    browser.set("level", "launches");
    assert!(
        browser.text("document.querySelector('#spread-says').innerText").contains("(10 launches)")
    );
    browser.set("verdict", "regressed");
    assert!(
        column(&browser, "rows-table", 2).iter().all(|verdict| verdict.starts_with("▲ regressed"))
    );
    browser.set("q", "/quick$/");
    let link = browser.text("location.hash.slice(1)");
    browser.open(&page, &link);
    assert_eq!(browser.text("document.querySelector('#verdict').value"), "regressed");

    // Implementations beside a reference, in the table under the bars.
    browser.open(&page, "bars-metric=wall_time&bars-reference=thorough");
    let ratios = column(&browser, "bars-table", 6);
    assert!(ratios.iter().any(|ratio| ratio.ends_with("times as good")), "{ratios:?}");
    is_clean(&browser);
}

#[test]
fn a_keyboard_and_a_reader_are_enough() {
    let Some(browser) = browser(Window::Narrow) else { return };
    let pages = Pages::make();
    for (file, skip_to) in [(OVER_TIME, "chart-of"), (SIDE_BY_SIDE, "row-of")] {
        browser.open(&pages.path(file), "");
        let unnamed = "Array.from(document.querySelectorAll('main button, main select, main input'))\
            .filter((one) => !one.innerText.trim() && !one.closest('label') && !one.getAttribute('aria-label')).length";
        assert_eq!(browser.text(unnamed), "0", "{file}");
        let untold = "Array.from(document.querySelectorAll('.chart'))\
            .filter((one) => !(one.getAttribute('aria-label') ?? '').length || !one.closest('section').querySelector('table')).length";
        assert_eq!(browser.text(untold), "0", "{file}");
        assert_eq!(browser.text("document.querySelectorAll('table:not(:has(caption)), thead th:not([scope])').length"), "0");
        // The page itself never has to be moved sideways.
        let wide = browser
            .text("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, "0", "{file}");
        browser.press("\u{e004}");
        assert_eq!(browser.text("document.activeElement.id"), "skip", "{file}");
        browser.press("\u{e007}");
        assert_eq!(browser.text("document.activeElement.id"), skip_to, "{file}");
        browser.focus("thead button");
        browser.press("\u{e007}");
        assert_eq!(
            browser
                .text("document.activeElement.closest('th')?.getAttribute('aria-sort') !== 'none'"),
            "true"
        );
        is_clean(&browser);
    }
}

#[test]
fn screens_are_kept_for_eyes() {
    if std::env::var_os("PERFREG_SCREENS").is_none() {
        println!("not run: PERFREG_SCREENS names no folder to keep screens in");
        return;
    }
    let pages = Pages::make();
    for window in [Window::Wide, Window::Narrow] {
        let Some(browser) = browser(window) else { return };
        for file in [OVER_TIME, SIDE_BY_SIDE] {
            for theme in ["light", "dark"] {
                browser.open(&pages.path(file), &format!("theme={theme}"));
                let name = file.trim_end_matches(".html");
                browser.keep_screen(&format!("{name}-{theme}-{window:?}.png"));
            }
        }
    }
}

#[test]
fn large_pages_open() {
    for page in made_elsewhere() {
        let Some(browser) = browser(Window::Wide) else { return };
        let ready = browser.open(&page, "");
        println!(
            "{} of {} bytes was ready after {ready} ms",
            page.display(),
            page.metadata().unwrap().len()
        );
        is_clean(&browser);
        browser.focus("#q");
        browser.press("kernel_000");
        assert!(
            browser.text("document.querySelector('#chart-says').innerText").contains("runs of ")
        );
        browser.keep_screen(&format!("{}.png", page.file_stem().unwrap().to_string_lossy()));
        is_clean(&browser);
    }
}
