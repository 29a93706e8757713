//! Every example of the curriculum runs and prints what its file says.

use std::fs;
use std::path::Path;
use std::process::Command;

use learnflow_curriculum::{Example, Level, catalogue};

const DRIVER: &str = include_str!("run_examples.py");

/// Fenced Python in explanations is not run, but it must at least compile.
const COMPILER: &str = "import pathlib, sys\n\
                        for path in sorted(pathlib.Path(sys.argv[1]).glob('*.snippet')):\n    \
                        compile(path.read_text(encoding='utf-8'), path.name, 'exec')\n";

fn python(arguments: &[&str]) -> Option<std::process::Output> {
    Command::new("python3").args(["-I", "-X", "utf8"]).args(arguments).output().ok()
}

/// Whether there is a Python to run examples with; its absence is an error only in CI.
fn python_is_here() -> bool {
    if python(&["--version"]).is_some_and(|output| output.status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "python3 is not on the PATH");
    println!("skipped: python3 is not on the PATH");
    false
}

fn examples() -> Vec<(String, &'static Example)> {
    let topics = catalogue().topics().iter();
    topics
        .flat_map(|topic| {
            let lessons = Level::ALL.into_iter().filter_map(|level| Some((level, topic.level(level)?)));
            lessons.map(|(level, lesson)| (format!("{} {level}", topic.slug), &lesson.example))
        })
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n")
}

#[test]
fn every_example_prints_its_output() {
    if !python_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let examples = examples();
    for (number, (_, example)) in examples.iter().enumerate() {
        fs::write(programs.join(format!("{number:03}.py")), &example.code).unwrap();
    }
    let driver = folder.path().join("driver.py");
    fs::write(&driver, DRIVER).unwrap();
    let run = python(&[&driver.to_string_lossy(), &programs.to_string_lossy()]).unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let mut failures = Vec::new();
    for (number, (name, example)) in examples.iter().enumerate() {
        let printed = read(&programs.join(format!("{number:03}.out")));
        let complaints = read(&programs.join(format!("{number:03}.err")));
        let printed = printed.strip_suffix('\n').unwrap_or(&printed);
        if printed != example.output || !complaints.is_empty() {
            failures.push(format!(
                "{name}:\n--- expected\n{}\n--- printed\n{printed}\n{complaints}",
                example.output
            ));
        }
    }
    assert!(failures.is_empty(), "{} examples differ\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn python_in_explanations_compiles() {
    if !python_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for topic in catalogue().topics() {
        for (level, lesson) in topic.lessons.iter().flatten().enumerate() {
            for (number, block) in lesson.explanation.split("```python\n").skip(1).enumerate() {
                let code = block.split("```").next().unwrap_or_default();
                let file = format!("{}-{level}-{number}.snippet", topic.slug);
                fs::write(folder.path().join(file), code).unwrap();
            }
        }
    }
    let run = python(&["-c", COMPILER, &folder.path().to_string_lossy()]).unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
