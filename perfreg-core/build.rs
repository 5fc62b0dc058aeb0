//! Tells the crate how it is being compiled: an unoptimised build is not worth timing, and times of
//! two compilers or profiles are not comparable.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(perfreg_coverage)");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    println!("cargo:rustc-env=PERFREG_OPT_LEVEL={}", variable("OPT_LEVEL"));
    let profile = profile(&variable("OUT_DIR"));
    println!("cargo:rustc-env=PERFREG_PROFILE={profile}");
    let rustc = rustc_version(&variable("RUSTC"));
    println!("cargo:rustc-env=PERFREG_RUSTC={rustc}");
    // What decides how this crate's loops are compiled.
    let code = [
        variable("CARGO_PKG_VERSION"),
        variable("TARGET"),
        rustc,
        format!("-O{}", variable("OPT_LEVEL")),
        variable("CARGO_CFG_TARGET_FEATURE"),
        variable("CARGO_ENCODED_RUSTFLAGS").replace('\x1f', " "),
    ];
    println!("cargo:rustc-env=PERFREG_CODE={}, {profile}", code.join(" ").trim_end());
    if variable("CARGO_ENCODED_RUSTFLAGS").contains("instrument-coverage") {
        println!("cargo:rustc-cfg=perfreg_coverage");
    }
}

/// The profile's folder in `target/[triple/]PROFILE/build/…/out`; the variable PROFILE says `release`
/// for every profile that inherits from it.
fn profile(out_dir: &str) -> String {
    // How many folders lie in between differs among versions of cargo.
    let build = Path::new(out_dir).ancestors().find(|folder| folder.ends_with("build"));
    let folder = build.and_then(Path::parent).and_then(Path::file_name);
    folder.map_or_else(|| "unknown".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// `rustc 1.95.0 (59807616e 2026-04-14)` -> `1.95.0`, with a nightly's date kept.
fn rustc_version(rustc: &str) -> String {
    let output = Command::new(rustc).arg("--version").output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let mut words = text.split_whitespace().skip(1);
    match (words.next(), words.last()) {
        (Some(version), Some(date)) if version.contains("nightly") => {
            format!("{version} {}", date.trim_end_matches(')'))
        }
        (Some(version), _) => version.to_owned(),
        (None, _) => "unknown".to_owned(),
    }
}
