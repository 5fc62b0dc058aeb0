//! Calling cargo: what the workspace is, and its test executables.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{Artifact, BuildScript, Message, Metadata, MetadataCommand, PackageId};
use perfreg_core::logging::Log;

use crate::cli::BuildArgs;
use crate::error::Error;
use crate::executable::Executable;
use crate::secrets::{SECRETS, call_without_secrets};

/// How to call cargo.
#[derive(Clone, Debug)]
pub(crate) struct Cargo {
    program: OsString,
    manifest_path: Option<PathBuf>,
    /// What calls the compiler for the workspace's own packages, if not cargo itself.
    wrapper: Option<PathBuf>,
    log: Log,
}

impl Cargo {
    /// The cargo that called this process, else the one on the path.
    pub(crate) fn of_process(manifest_path: Option<PathBuf>, log: Log) -> Self {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self { program, manifest_path, wrapper: None, log }
    }

    /// The same with a program that calls the compiler for the workspace's own packages.
    pub(crate) fn through(&self, wrapper: PathBuf) -> Self {
        Self { wrapper: Some(wrapper), ..self.clone() }
    }

    /// The packages of the workspace and its root.
    ///
    /// # Errors
    /// If there is no workspace here, or its manifests are not in order.
    pub(crate) fn metadata(&self) -> Result<Metadata, Error> {
        let mut command = MetadataCommand::new();
        command.cargo_path(&self.program).no_deps();
        for name in SECRETS {
            command.env_remove(name);
        }
        if let Some(path) = &self.manifest_path {
            command.manifest_path(path);
        }
        command.exec().map_err(|cause| Error::usage(cause.to_string().trim_end()))
    }

    /// The folder that the command speaks of: that of the manifest it names, else this one.
    ///
    /// # Errors
    /// If it is not there.
    pub(crate) fn manifest_folder(&self) -> Result<PathBuf, Error> {
        let named = self.manifest_path.as_deref().and_then(Path::parent);
        // The folder of `Cargo.toml` alone is empty.
        let folder = Path::new(".").join(named.unwrap_or(Path::new("")));
        folder.canonicalize().map_err(|cause| Error::io("find", &folder, &cause))
    }

    /// Adds perfreg to the dev-dependencies of a package, from the folder `path` or the registry.
    ///
    /// # Errors
    /// If cargo cannot.
    pub(crate) fn add_perfreg(
        &self,
        manifest: &Utf8Path,
        path: Option<&Path>,
    ) -> Result<(), Error> {
        let mut command = call_without_secrets(&self.program);
        command.args(["add", "--dev", "--quiet", "--manifest-path", manifest.as_str()]);
        match path {
            Some(path) => command.arg("--path").arg(path),
            None => command.arg("perfreg"),
        };
        self.log.info(|| format!("add: {command:?}"));
        let status = command.status();
        match status.map_err(|cause| Error::internal(format!("cannot call cargo: {cause}")))? {
            status if status.success() => Ok(()),
            _ => Err(Error::usage("cargo add --dev perfreg failed: add the dependency by hand")),
        }
    }

    /// Builds the tests; what the compiler has to say goes to standard error.
    ///
    /// # Errors
    /// If cargo refuses the options, or the build fails.
    pub(crate) fn build_tests(
        &self,
        args: &BuildArgs,
        metadata: &Metadata,
    ) -> Result<Vec<Executable>, Error> {
        let mut command = call_without_secrets(&self.program);
        command.args(["test", "--no-run", "--message-format=json-render-diagnostics"]);
        command.args(build_options(args));
        if let Some(path) = &self.manifest_path {
            command.arg("--manifest-path").arg(path);
        }
        if let Some(wrapper) = &self.wrapper {
            command.env("RUSTC_WORKSPACE_WRAPPER", wrapper);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        self.log.info(|| format!("build: {command:?}"));
        let refused = |cause| Error::internal(format!("cannot call cargo: {cause}"));
        let mut child = command.spawn().map_err(refused)?;
        let stdout = child.stdout.take().expect("standard output is piped");
        let messages: Result<Vec<Message>, _> =
            Message::parse_stream(BufReader::new(stdout)).collect();
        let status = child.wait().map_err(refused)?;
        let messages = messages.map_err(refused)?;
        // Without a word about a build, cargo has found fault with the options or a manifest.
        let began = messages.iter().any(|message| matches!(message, Message::BuildFinished(_)));
        match (status.success(), began) {
            (true, _) => executables(&messages, metadata),
            (false, true) => Err(Error::build_failed()),
            (false, false) => Err(Error::usage("cargo did not begin to build")),
        }
    }
}

/// The options of `run` as cargo spells them.
fn build_options(args: &BuildArgs) -> Vec<OsString> {
    let mut options: Vec<OsString> = vec!["--profile".into(), args.profile.clone().into()];
    if args.packages.is_empty() {
        options.push("--workspace".into());
    }
    for package in &args.exclude {
        options.extend(["--exclude".into(), package.into()]);
    }
    if let Some(triple) = &args.target {
        options.extend(["--target".into(), triple.into()]);
    }
    for package in &args.packages {
        options.extend(["--package".into(), package.into()]);
    }
    if !args.features.is_empty() {
        options.extend(["--features".into(), args.features.join(",").into()]);
    }
    for (given, flag) in
        [(args.all_features, "--all-features"), (args.no_default_features, "--no-default-features")]
    {
        if given {
            options.push(flag.into());
        }
    }
    if let Some(directory) = &args.target_dir {
        options.extend(["--target-dir".into(), directory.into()]);
    }
    options
}

/// The options as text: equal text, equal build, wherever it lies.
pub(crate) fn build_text(args: &BuildArgs) -> String {
    let args = BuildArgs { target_dir: None, ..args.clone() };
    let words: Vec<_> =
        build_options(&args).iter().map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ")
}

/// The features that the options ask for, as text: equal text, equal code.
pub(crate) fn features_text(args: &BuildArgs) -> String {
    let mut features: Vec<_> = args
        .features
        .iter()
        .flat_map(|list| list.split_whitespace())
        .map(ToOwned::to_owned)
        .collect();
    features.sort();
    features.dedup();
    let mut words = Vec::new();
    if args.all_features {
        // Nothing can be added to all of them.
        features.clear();
        words.push("--all-features".to_owned());
    } else if args.no_default_features {
        words.push("--no-default-features".to_owned());
    }
    if !features.is_empty() {
        words.push(features.join(","));
    }
    words.join(" ")
}

/// The test executables that the messages name, each once.
fn executables(messages: &[Message], metadata: &Metadata) -> Result<Vec<Executable>, Error> {
    let scripts: HashMap<&PackageId, &BuildScript> = messages
        .iter()
        .filter_map(|message| match message {
            Message::BuildScriptExecuted(script) => Some((&script.package_id, script)),
            _ => None,
        })
        .collect();
    let linked: Vec<_> = scripts.values().flat_map(|script| &script.linked_paths).collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (artifact, path) in messages.iter().filter_map(test_artifact) {
        if !seen.insert(path.clone()) {
            continue;
        }
        let package =
            metadata.packages.iter().find(|package| package.id == artifact.package_id).ok_or_else(
                || Error::internal(format!("cargo built {path:?} of no known package")),
            )?;
        let script = scripts.get(&artifact.package_id).copied();
        found.push(Executable::new(path, &artifact.target, package, script, &linked));
    }
    Ok(found)
}

fn test_artifact(message: &Message) -> Option<(&Artifact, PathBuf)> {
    match message {
        Message::CompilerArtifact(artifact) if artifact.profile.test => {
            Some((artifact, artifact.executable.clone()?.into_std_path_buf()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(features: &[&str]) -> BuildArgs {
        let features = features.iter().map(ToString::to_string).collect();
        BuildArgs { profile: "release".to_owned(), features, ..BuildArgs::default() }
    }

    #[test]
    fn options_reach_cargo() {
        let check = |args: BuildArgs, expected: &str| {
            let options: Vec<_> =
                build_options(&args).into_iter().map(|o| o.into_string().unwrap()).collect();
            assert_eq!(options.join(" "), expected);
        };
        check(args(&[]), "--profile release --workspace");
        let packages = vec!["a".to_owned(), "b".to_owned()];
        check(
            BuildArgs { packages, all_features: true, ..args(&[]) },
            "--profile release --package a --package b --all-features",
        );
        let exclude = vec!["slow".to_owned()];
        let target = Some("x86_64-unknown-linux-musl".to_owned());
        check(
            BuildArgs { exclude, target, ..args(&[]) },
            "--profile release --workspace --exclude slow --target x86_64-unknown-linux-musl",
        );
        check(
            BuildArgs {
                no_default_features: true,
                target_dir: Some("out".into()),
                profile: "bench".to_owned(),
                ..args(&["x", "y"])
            },
            "--profile bench --workspace --features x,y --no-default-features --target-dir out",
        );
    }

    #[test]
    fn equal_features_have_equal_text() {
        let check = |args: BuildArgs, expected: &str| {
            assert_eq!(features_text(&args), expected, "{args:?}");
        };
        check(args(&[]), "");
        check(args(&["b a", "b"]), "a,b");
        check(BuildArgs { no_default_features: true, ..args(&["b"]) }, "--no-default-features b");
        check(BuildArgs { all_features: true, ..args(&["b"]) }, "--all-features");
    }
}
