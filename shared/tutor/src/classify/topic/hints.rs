//! Tables for topic search: common words, keywords of Python that are also English, errors and shapes of code.

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::Found;

/// English words that say nothing about a topic, in comparable form.
const COMMON: &str = "i you he she it we they me your our their this that these those is am are be been wa were do doe \
                      did don can could should would will shall may might must have has had not no ye and or but if so \
                      than then of in on at to for from by with about into over after before as up out off down what \
                      which who whom whose when where why how all any both each few more most other some such only own \
                      same too very just also there here now please thank help me want need know like get got make use \
                      used using work working explain tell show give mean difference between example python code \
                      program programming thing way question let s t m re ve ll d don isn doesn didn won understand \
                      learn good better best new first one two";

/// Python words that are everyday English too. Alone they weigh little, unless they are asked about.
const AMBIGUOUS: &str = "if for while with else in is not and or try pass break continue catch set index activate env \
                         field member match switch math next test text await raise round split insert stack queue \
                         counter constant condition self return update end exit except function condition requirement \
                         version header track cast comparison yield object value number character file input output \
                         request decision selection record pair branch import cleanup get update extend key pop print \
                         default path folder save process call attribute state structure exercise remainder text \
                         division assert assertion testing bug debug error exception type url page fetch library \
                         package module project setup thread interface property mark iteration repetition loop matrix \
                         reference assignment declaration row column lambda abstraction data private protected public";

/// Words too vague to name a topic on their own, unless they are asked about.
const WEAK: &str = "if for while with else in is not and or try pass break continue catch set index activate env field \
                    member match switch next test text await round insert stack counter constant condition end except \
                    get key value input output self yield track math call";

/// What a single ambiguous word is worth.
const AMBIGUOUS_WORTH: f64 = 0.6;
/// What a single weak word is worth: less than is needed for a topic.
const WEAK_WORTH: f64 = 0.2;

/// The kind of an error → the topic that helps.
const ERRORS: &[(&str, i32)] = &[
    ("unboundlocalerror", 404),
    ("nameerror", 101),
    ("indexerror", 301),
    ("index out of range", 301),
    ("keyerror", 303),
    ("zerodivisionerror", 104),
    ("attributeerror", 502),
    ("unsupported operand", 105),
    ("can only concatenate", 105),
    ("positional argument", 402),
    ("not enough values to unpack", 302),
    ("too many values to unpack", 302),
    ("unhashable type", 303),
    ("not subscriptable", 102),
    ("typeerror", 105),
    ("invalid literal for int", 105),
    ("could not convert string", 105),
    ("jsondecodeerror", 603),
    ("unicodedecodeerror", 601),
    ("valueerror", 105),
    ("filenotfounderror", 601),
    ("permissionerror", 601),
    ("modulenotfounderror", 801),
    ("importerror", 801),
    ("recursionerror", 401),
    ("indentationerror", 201),
    ("taberror", 201),
    ("expected an indented block", 201),
    ("unexpected indent", 201),
    ("'return' outside function", 403),
    ("'break' outside loop", 204),
    ("httperror", 802),
    ("connectionerror", 802),
];

/// The shape of a line of code → the topic that it is about, the most telling first.
const SHAPES: &[(&str, i32)] = &[
    (r"^\s*class \w+\([A-Z]\w*(?:Error|Exception)\)\s*:", 703),
    (r"^\s*class \w+\((?:\w+,?\s*)+\)\s*:", 503),
    (r"@property\b|@\w+\.setter\b|self\.__?[a-z]", 504),
    (r"^\s*class \w+", 501),
    (r"\bimport csv\b|\bcsv\.(?:reader|writer|Dict)", 602),
    (r"\bimport json\b|\bjson\.(?:loads?|dumps?)", 603),
    (r"\brequests\.(?:get|post|put|delete)|\burllib\b|\basync def\b", 802),
    (r"\bopen\(|\bPath\(", 601),
    (r"^\s*try\s*:|^\s*except\b", 701),
    (r"^\s*raise\b", 702),
    (r"^\s*(?:break|continue)\b", 204),
    (r"^\s*while\b", 203),
    (r"^\s*for\b", 202),
    (r"^\s*(?:global|nonlocal)\b", 404),
    (r"^\s*def \w+\([^)]*(?:=|\*)", 402),
    (r"^\s*return\b", 403),
    (r"^\s*def \w+", 401),
    (r"^\s*if\b", 201),
    (r"\{[^{}\n]*:[^{}\n]*\}", 303),
    (r"\bset\(|= *\{[^{}:\n]+\}", 304),
    (r"\[[^\[\]\n]*,|\.append\(|= *\[", 301),
    (r"\b(?:int|float|str)\(", 105),
    (r"\binput\(|\bprint\(", 103),
    (r"^\s*\w+ *=[^=]", 101),
];

/// Words that introduce the very thing that is asked about: `what is …`, `explain …`.
const ASKED_AFTER: [&[&str]; 14] = [
    &["what", "is"],
    &["what", "are"],
    &["what", "s"],
    &["what", "doe"],
    &["how", "doe"],
    &["how", "do"],
    &["explain"],
    &["use"],
    &["about"],
    &["on"],
    &["with"],
    &["keyword"],
    &["understand"],
    &["when", "is"],
];
/// Words that follow it: `… statement`.
const ASKED_BEFORE: [&str; 7] = ["statement", "keyword", "function", "mean", "operator", "clause", "block"];

/// Whether a word says nothing about any topic.
pub(super) fn is_common(stem: &str) -> bool {
    listed(stem).common
}

/// What a name of a single word is worth.
pub(super) fn single_word(stem: &str) -> f64 {
    let listed = listed(stem);
    if listed.weak || listed.common {
        WEAK_WORTH
    } else if listed.ambiguous {
        AMBIGUOUS_WORTH
    } else {
        1.0
    }
}

/// Marks words that the question is directly about, as `while` in `what does while do`.
pub(super) fn emphasise<W>(words: &mut [W], stem: impl Fn(&W) -> &str, mark: impl Fn(&mut W)) {
    for place in 0..words.len() {
        let before = &words[..place];
        let introduced = ASKED_AFTER.iter().any(|phrase| {
            before.len() >= phrase.len()
                && before[before.len() - phrase.len()..]
                    .iter()
                    .zip(*phrase)
                    .all(|(word, expected)| stem(word) == *expected)
        });
        let followed = words.get(place + 1).is_some_and(|next| ASKED_BEFORE.contains(&stem(next)));
        let only = words.len() == 1;
        let listed = listed(stem(&words[place]));
        let keyword = listed.weak || listed.ambiguous;
        if keyword && (only || followed || (introduced && !pronoun(stem(&words[place])))) {
            mark(&mut words[place]);
        }
    }
}

/// The topic that an error's kind points to.
pub(super) fn by_error(text: &str) -> Option<Found> {
    if text.is_empty() {
        return None;
    }
    let (kind, id) = ERRORS.iter().find(|(kind, _)| text.contains(kind))?;
    Some(Found { id: *id, because: format!("{kind} in the error") })
}

/// The topic that the shape of code points to.
pub(super) fn by_code(code: &str) -> Option<Found> {
    if code.trim().is_empty() {
        return None;
    }
    let shapes = shapes();
    let first = shapes.0.matches(code.as_bytes()).iter().next()?;
    let quoted = shapes.1[first].find(code.as_bytes()).map_or(&b""[..], |found| found.as_bytes());
    let quoted: String = String::from_utf8_lossy(quoted).trim().chars().take(40).collect();
    Some(Found { id: SHAPES[first].1, because: format!("`{quoted}` in the code") })
}

/// What the lists say about a word.
#[derive(Debug, Default, Clone, Copy)]
struct Listed {
    common: bool,
    ambiguous: bool,
    weak: bool,
}

fn listed(stem: &str) -> Listed {
    static LISTS: OnceLock<HashMap<&'static str, Listed>> = OnceLock::new();
    let lists = LISTS.get_or_init(|| {
        let mut lists: HashMap<&str, Listed> = HashMap::new();
        for word in COMMON.split_whitespace() {
            lists.entry(word).or_default().common = true;
        }
        for word in AMBIGUOUS.split_whitespace() {
            lists.entry(word).or_default().ambiguous = true;
        }
        for word in WEAK.split_whitespace() {
            lists.entry(word).or_default().weak = true;
        }
        lists
    });
    lists.get(stem).copied().unwrap_or_default()
}

fn pronoun(stem: &str) -> bool {
    matches!(stem, "self" | "in" | "not" | "and" | "or" | "with")
}

fn shapes() -> &'static (RegexSet, Vec<Regex>) {
    static COMPILED: OnceLock<(RegexSet, Vec<Regex>)> = OnceLock::new();
    COMPILED.get_or_init(|| {
        // ASCII classes: a boundary between Unicode words would fall back to a slow engine.
        let patterns = SHAPES.iter().map(|(pattern, _)| pattern);
        let set = RegexSetBuilder::new(patterns).unicode(false).multi_line(true).build();
        let one = |pattern: &str| RegexBuilder::new(pattern).unicode(false).multi_line(true).build();
        let each = SHAPES.iter().map(|(pattern, _)| one(pattern)).collect::<Result<Vec<_>, _>>();
        match (set, each) {
            (Ok(set), Ok(each)) => (set, each),
            (Err(error), _) | (_, Err(error)) => panic!("table of code shapes: {error}"),
        }
    })
}
