//! The workspace as data.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The texts of the licences, at the top and in each published package.
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// A package of the workspace.
#[derive(Clone, Debug, Default)]
pub struct Package {
    pub name: String,
    /// Relative to the top, with slashes.
    pub dir: String,
    pub edition: String,
    pub rust_version: Option<String>,
    pub license: Option<String>,
    pub description: Option<String>,
    /// Whether the file that it names as its readme is there.
    pub has_readme: bool,
    /// Whether the texts of its licences lie beside its manifest, the same as at the top.
    pub has_licence_texts: bool,
    /// Whether it may be published.
    pub published: bool,
    pub dependencies: Vec<Dependency>,
}

/// What a package depends on.
#[derive(Clone, Debug)]
pub struct Dependency {
    pub name: String,
    /// Whether only tests, examples and benches need it.
    pub dev: bool,
    /// Whether it names no version: what only tests need is then left out of what is published.
    pub unversioned: bool,
}

/// A text file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the top, with slashes.
    pub path: String,
    pub text: String,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub packages: Vec<Package>,
    pub sources: Vec<Source>,
    /// What the workspace says of the compiler it needs.
    pub rust_version: String,
}

impl Package {
    /// Whether it is a crate of protocols, and not the interface or a host.
    pub fn is_protocol(&self) -> bool {
        let name = self.dir.strip_prefix("crates/");
        name.is_some_and(|name| !["actor", "net", "server"].contains(&name))
    }
}

impl Workspace {
    /// Reads it.
    pub fn read() -> Workspace {
        let metadata = MetadataCommand::new()
            .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .no_deps()
            .exec()
            .expect("cargo describes the workspace");
        let top = metadata.workspace_root.clone().into_std_path_buf();
        let package = |package: cargo_metadata::Package| {
            let dir = package.manifest_path.parent().expect("a manifest lies somewhere").to_owned();
            Package {
                name: package.name.to_string(),
                dir: relative(&top, dir.as_std_path()),
                edition: package.edition.to_string(),
                rust_version: package.rust_version.map(|version| version.to_string()),
                license: package.license,
                description: package.description,
                has_licence_texts: LICENCES.iter().all(|name| {
                    let text = |dir: &Path| fs::read_to_string(dir.join(name)).ok();
                    text(dir.as_std_path()).is_some_and(|copy| Some(copy) == text(&top))
                }),
                has_readme: package.readme.is_some_and(|readme| dir.join(readme).is_file()),
                published: package.publish.is_none_or(|registries| !registries.is_empty()),
                dependencies: package
                    .dependencies
                    .into_iter()
                    .map(|dependency| Dependency {
                        name: dependency.name,
                        dev: dependency.kind == DependencyKind::Development,
                        unversioned: dependency.req.to_string() == "*",
                    })
                    .collect(),
            }
        };
        let packages = metadata.packages.into_iter().map(package).collect();
        let mut sources = Vec::new();
        collect(&top, &top, &mut sources);
        let manifest = fs::read_to_string(top.join("Cargo.toml")).expect("there is a manifest at the top");
        let rust_version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
        let rust_version =
            rust_version.expect("the workspace says which compiler it needs").trim_matches('"');
        Workspace { packages, sources, rust_version: format!("{rust_version}.0") }
    }

    /// What protocols are made of, without their tests.
    pub fn protocol_sources(&self) -> Vec<Source> {
        let protocols = self.packages.iter().filter(|package| package.is_protocol());
        let dirs: Vec<String> = protocols.map(|package| format!("{}/src/", package.dir)).collect();
        let is_protocol = |source: &&Source| dirs.iter().any(|dir| source.path.starts_with(dir.as_str()));
        self.sources.iter().filter(is_protocol).cloned().collect()
    }
}

fn relative(top: &Path, path: &Path) -> String {
    let path = path.strip_prefix(top).expect("lies in the workspace");
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Every text file below `dir`, but for what is built or not ours.
fn collect(top: &Path, dir: &Path, sources: &mut Vec<Source>) {
    let entries = fs::read_dir(dir).expect("a directory of the workspace can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("can be read").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().expect("has a name").to_string_lossy();
        if path.is_dir() {
            if !["target", ".git"].contains(&name.as_ref()) {
                collect(top, &path, sources);
            }
        } else if name != "Cargo.lock"
            && let Ok(text) = fs::read_to_string(&path)
        {
            sources.push(Source { path: relative(top, &path), text });
        }
    }
}
