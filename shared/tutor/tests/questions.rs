//! Questions as students write them, each with the agent and the topic that a teacher would choose.

use learnflow_tutor::{Intent, Query, classify};

use Intent::{Concepts, Debug, Exercise, Progress, Review};

/// Question, intent, topic (0: none needed, whatever is found is fine).
const QUESTIONS: &[(&str, Intent, i32)] = &[
    // --- concepts -------------------------------------------------------------------------------------
    ("How do for loops work in Python?", Concepts, 202),
    ("What is a variable?", Concepts, 101),
    ("what's the difference between a list and a tuple", Concepts, 302),
    ("Explain dictionaries to me like I'm five", Concepts, 303),
    ("when should I use a while loop instead of a for loop?", Concepts, 203),
    ("what does break do", Concepts, 204),
    ("can you show me an example of a list comprehension", Concepts, 301),
    ("How can I remove duplicates from a list?", Concepts, 304),
    ("what are *args and **kwargs", Concepts, 402),
    ("why does my teacher say that functions should return values?", Concepts, 403),
    ("What does self mean in a class?", Concepts, 502),
    ("I don't understand recursion at all", Concepts, 401),
    ("I'm confused about global and local variables", Concepts, 404),
    ("How do I read a CSV file?", Concepts, 602),
    ("how to convert a string to an int", Concepts, 105),
    ("f-strings", Concepts, 103),
    ("tell me about inheritance please", Concepts, 503),
    ("What is a KeyError?", Concepts, 702),
    ("How do I handle exceptions?", Concepts, 701),
    ("how do i catch an error in python", Concepts, 701),
    ("Which types of errors are there?", Concepts, 702),
    ("How can I create my own exception class?", Concepts, 703),
    ("What is an infinite loop?", Concepts, 203),
    ("how do I install a package with pip", Concepts, 801),
    ("What's a virtual environment and why do I need one?", Concepts, 803),
    ("How can I call an API and get the data?", Concepts, 802),
    ("how do you parse json", Concepts, 603),
    ("what is the modulo operator for?", Concepts, 104),
    ("what does == mean compared to =", Concepts, 0),
    ("how do I ask the user for input", Concepts, 103),
    ("is there a switch statement in python", Concepts, 201),
    ("What does if __name__ == '__main__' mean?", Concepts, 201),
    ("difference between append and extend", Concepts, 301),
    ("Why are strings immutable?", Concepts, 102),
    ("what is a lambda", Concepts, 401),
    ("how do i write to a file", Concepts, 601),
    ("What are getters and setters good for?", Concepts, 504),
    ("how do I use the debugger", Concepts, 704),
    ("explain `while` please", Concepts, 203),
    ("what is None in python", Concepts, 102),
    ("How do I count how often each word occurs?", Concepts, 0),
    ("whats a class and whats an object", Concepts, 501),
    ("how do I loop through a dictionary?", Concepts, 202),
    ("What is the intersection of two sets?", Concepts, 304),
    ("sorting a list by length", Concepts, 301),
    ("generators vs list comprehensions?", Concepts, 0),
    // --- debug ----------------------------------------------------------------------------------------
    ("I get IndexError: list index out of range", Debug, 301),
    ("My loop doesn't stop", Debug, 0),
    ("My while loop never ends, what's going on?", Debug, 203),
    ("my program prints nothing", Debug, 0),
    ("It says NameError: name 'prnt' is not defined", Debug, 101),
    ("Why is my function returning None? it should return 5 but it prints None", Debug, 403),
    ("it doesn't work", Debug, 0),
    ("my code isn't working and I don't know why", Debug, 0),
    ("TypeError: can only concatenate str (not \"int\") to str", Debug, 105),
    ("I keep getting an error when I open the file", Debug, 601),
    ("The output is wrong, I expected 10 but got 9", Debug, 0),
    ("Python crashes when I enter a letter", Debug, 0),
    ("there's a bug in my code somewhere", Debug, 0),
    ("what's wrong with this?\nfor i in range(10)\n    print(i)", Debug, 202),
    ("invalid syntax on line 3", Debug, 0),
    (
        "Traceback (most recent call last):\n  File \"main.py\", line 2, in <module>\nKeyError: 'age'",
        Debug,
        303,
    ),
    ("I'm stuck in an infinite loop, help!", Debug, 203),
    ("nothing happens when I run it", Debug, 0),
    ("it only prints the last number instead of all of them", Debug, 0),
    ("my list is always empty after the loop", Debug, 0),
    ("can you help me fix my code", Debug, 0),
    ("the program hangs after the first input", Debug, 0),
    ("UnboundLocalError: local variable 'score' referenced before assignment", Debug, 404),
    ("Why am I getting a ZeroDivisionError?", Debug, 104),
    ("ModuleNotFoundError: No module named 'requests'", Debug, 801),
    ("my if statement is skipped even though the condition is true, weird result", Debug, 201),
    ("i can't figure out why it gives me 55 and not 10", Debug, 0),
    ("debug this please", Debug, 0),
    ("it throws an exception every time", Debug, 0),
    // --- review ---------------------------------------------------------------------------------------
    ("Can you review my code?", Review, 0),
    ("How can I improve this?", Review, 0),
    ("please check my solution", Review, 0),
    ("is this right?\n```python\ndef add(a, b):\n    return a + b\n```", Review, 403),
    (
        "Is there a better way to write this?\ntotal = 0\nfor n in numbers:\n    total = total + n",
        Review,
        202,
    ),
    ("can you make my code more pythonic", Review, 0),
    ("I'd like some feedback on my function", Review, 401),
    ("refactor my class please", Review, 501),
    ("please look over my program", Review, 0),
    ("any suggestions?\nx = []\nx.append(1)", Review, 301),
    ("could you rate my solution", Review, 0),
    ("how do I clean up this code", Review, 0),
    // --- exercise -------------------------------------------------------------------------------------
    ("Give me an exercise on for loops", Exercise, 202),
    ("Create easy exercises on list comprehensions", Exercise, 301),
    ("quiz me on dictionaries", Exercise, 303),
    ("I want to practice functions", Exercise, 401),
    ("test my knowledge of classes", Exercise, 501),
    ("can I have a harder problem", Exercise, 0),
    ("give me another task please", Exercise, 0),
    ("I need some practise with while loops", Exercise, 203),
    ("challenge me!", Exercise, 0),
    ("do you have a quiz about error handling?", Exercise, 701),
    ("Exercises about try and except please", Exercise, 701),
    ("something to solve with sets", Exercise, 304),
    ("Ask me some questions about tuples", Exercise, 302),
    ("three medium excercises for inheritance", Exercise, 503),
    ("generate 5 coding problems about JSON", Exercise, 603),
    ("let me try something with strings", Exercise, 102),
    // --- progress -------------------------------------------------------------------------------------
    ("How am I doing?", Progress, 0),
    ("show me my progress", Progress, 0),
    ("what's my mastery of for loops", Progress, 202),
    ("what should I learn next?", Progress, 0),
    ("how many exercises have I done this week", Progress, 0),
    ("what was my last quiz score", Progress, 0),
    ("am I getting better at functions?", Progress, 401),
    ("how long is my streak", Progress, 0),
    ("which topics am I weak in", Progress, 0),
    ("Did I pass the quiz?", Progress, 0),
    ("what have I learned so far", Progress, 0),
    ("how far am I with module 2", Progress, 0),
];

#[test]
fn questions_go_where_a_teacher_would_send_them() {
    let mut wrong = Vec::new();
    for &(text, intent, topic) in QUESTIONS {
        let route = classify(&Query::text(text));
        let right = route.intent == intent && (topic == 0 || route.topic == Some(topic));
        if !right {
            wrong.push(format!("{text:?}: {:?} {:?} {:?}", route.intent, route.topic, route.evidence));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), QUESTIONS.len(), wrong.join("\n"));
}

#[test]
fn every_decision_has_its_evidence_and_a_confidence() {
    for &(text, ..) in QUESTIONS {
        let route = classify(&Query::text(text));
        assert!((0.5..=1.0).contains(&route.confidence), "{text}");
        assert!(!route.evidence.is_empty(), "{text}");
        assert_eq!(route.clarifying_question, None, "{text}");
        assert_eq!(route, classify(&Query::text(text)), "{text}");
    }
}
