//! Finds PostgreSQL's programs, and makes sure that whoever must run them can.

use std::cmp::Reverse;
use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::{Error, command, io};

/// The value of `LEARNFLOW_POSTGRES`: whose programs to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// The machine's own if it has them, else fetched ones.
    Auto,
    /// The machine's own, or none.
    Machine,
    /// Fetched ones, or none.
    Download,
}

impl Choice {
    fn parse(value: Option<&str>) -> Result<Self, Error> {
        match value {
            None | Some("" | "auto") => Ok(Self::Auto),
            Some("machine") => Ok(Self::Machine),
            Some("download") => Ok(Self::Download),
            Some(other) => Err(Error::Choice(other.to_owned())),
        }
    }
}

/// The folder of the programs: the machine's own, the newest first, or else fetched ones, which may take a minute the
/// first time (see the module). Blocks.
pub fn binaries() -> Result<PathBuf, Error> {
    let choice = std::env::var_os("LEARNFLOW_POSTGRES");
    let choice = Choice::parse(choice.as_deref().map(|value| value.to_string_lossy()).as_deref())?;
    if choice != Choice::Download
        && let Some(found) = of_the_machine()?
    {
        // The programs are run from other folders than ours.
        return std::path::absolute(&found).map_err(io(format!("cannot use {}", found.display())));
    }
    if choice == Choice::Machine { Err(Error::Missing) } else { fetched() }
}

#[cfg(feature = "download")]
fn fetched() -> Result<PathBuf, Error> {
    Ok(super::download::Download::from_env()?.binaries()?)
}

#[cfg(not(feature = "download"))]
fn fetched() -> Result<PathBuf, Error> {
    Err(Error::Missing)
}

fn of_the_machine() -> Result<Option<PathBuf>, Error> {
    if let Some(named) = std::env::var_os("PG_BIN").filter(|value| !value.is_empty()).map(PathBuf::from) {
        return if is_complete(&named) { Ok(Some(named)) } else { Err(Error::Elsewhere(named)) };
    }
    let mut versions: Vec<(u32, PathBuf)> = ["/usr/lib/postgresql", "/opt/homebrew/opt"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().replace("postgresql@", "");
            Some((name.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| Reverse(*version));
    let mut candidates: Vec<PathBuf> = versions.into_iter().map(|(_, path)| path).collect();
    candidates.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    Ok(candidates.into_iter().find(|folder| is_complete(folder)))
}

pub(super) fn is_complete(bin: &Path) -> bool {
    bin.join("initdb").is_file() && bin.join("postgres").is_file()
}

/// `bin`, or a copy of it under `folder` where the unprivileged user cannot reach `bin` itself. Fails where the
/// programs do not run at all.
pub(super) fn runnable(bin: &Path, user: Option<(u32, u32)>, folder: &Path) -> Result<PathBuf, Error> {
    let Err(why) = attempt(bin, user) else { return Ok(bin.to_owned()) };
    let unfit = |bin: &Path, why| Error::Unfit { bin: bin.to_owned(), why };
    // PostgreSQL finds the rest of itself beside `bin`, where it is not split up as a distribution does it.
    let Some(home) = bin.parent().filter(|home| user.is_some() && home.join("share").is_dir()) else {
        return Err(unfit(bin, why));
    };
    let name = home.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let copy = folder.join(format!("programs-{name}"));
    if !copy.is_dir() {
        let beside = folder.join("programs.new");
        if let Err(error) = std::fs::remove_dir_all(&beside)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(io(format!("cannot remove {}", beside.display()))(error));
        }
        open_folder(&beside)
            .and_then(|()| {
                let mut parts = ["bin", "lib", "share"].iter();
                parts.try_for_each(|part| copy_tree(&home.join(part), &beside.join(part)))
            })
            .map_err(io(format!("cannot copy {} to {}", home.display(), beside.display())))?;
        std::fs::rename(&beside, &copy).map_err(io(format!("cannot make {}", copy.display())))?;
    }
    let copied = copy.join("bin");
    attempt(&copied, user).map_err(|why| unfit(&copied, why))?;
    Ok(copied)
}

/// Runs `postgres --version` as the server will be run: by the same user, with the same libraries.
fn attempt(bin: &Path, user: Option<(u32, u32)>) -> Result<(), String> {
    match command(&bin.join("postgres"), user, Path::new("/")).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(if text.is_empty() { output.status.to_string() } else { text })
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Makes a folder that anyone can enter, whatever our umask is.
fn open_folder(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// By hard links, which cost nothing, or by copies where `to` is on another file system.
fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    open_folder(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, source, target) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(std::fs::read_link(&source)?, &target)?;
        } else if std::fs::hard_link(&source, &target).is_err() {
            std::fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_one_of_three_words() {
        assert_eq!(Choice::parse(None).unwrap(), Choice::Auto);
        assert_eq!(Choice::parse(Some("")).unwrap(), Choice::Auto);
        assert_eq!(Choice::parse(Some("machine")).unwrap(), Choice::Machine);
        assert_eq!(Choice::parse(Some("download")).unwrap(), Choice::Download);
        let error = Choice::parse(Some("docker")).unwrap_err();
        assert_eq!(error.to_string(), "LEARNFLOW_POSTGRES must be auto, machine or download, not \"docker\"");
    }

    /// A home of programs that only its owner can enter.
    fn hidden(folder: &Path, script: &str) -> PathBuf {
        let home = folder.join("hidden/1.0");
        for part in ["bin", "lib", "share"] {
            std::fs::create_dir_all(home.join(part)).unwrap();
        }
        for program in ["postgres", "initdb"] {
            std::fs::write(home.join("bin").join(program), script).unwrap();
            std::fs::set_permissions(home.join("bin").join(program), Permissions::from_mode(0o755)).unwrap();
        }
        std::fs::write(home.join("lib/libx.so.1"), "x").unwrap();
        symlink("libx.so.1", home.join("lib/libx.so")).unwrap();
        std::fs::set_permissions(folder.join("hidden"), Permissions::from_mode(0o700)).unwrap();
        home.join("bin")
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        folder
    }

    #[test]
    fn programs_that_run_are_used_where_they_are() {
        let folder = folder();
        let bin = hidden(folder.path(), "#!/bin/sh\n");
        assert_eq!(runnable(&bin, None, folder.path()).unwrap(), bin);
    }

    #[test]
    fn programs_that_do_not_run_say_why() {
        let folder = folder();
        let bin = hidden(folder.path(), "#!/bin/sh\necho 'libx.so.7: no such file' >&2\nexit 127\n");
        let error = runnable(&bin, None, folder.path()).unwrap_err();
        assert!(error.to_string().contains("does not run here (libx.so.7: no such file)"), "{error}");
    }

    #[test]
    fn for_root_programs_out_of_the_unprivileged_users_reach_are_copied() {
        let folder = folder();
        let bin = hidden(folder.path(), "#!/bin/sh\n");
        let Some(user) = super::super::unprivileged(folder.path()).unwrap() else { return };
        let copied = runnable(&bin, Some(user), folder.path()).unwrap();
        assert_eq!(copied, folder.path().join("programs-1.0/bin"));
        assert_eq!(std::fs::read_link(copied.join("../lib/libx.so")).unwrap(), Path::new("libx.so.1"));
        assert_eq!(runnable(&bin, Some(user), folder.path()).unwrap(), copied, "a copy is made once");
    }
}
