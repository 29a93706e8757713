//! The rules of triage, as data. Patterns see text in lower case and match bytes (ASCII classes).

use crate::query::Intent;

/// The kinds of evidence, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A traceback.
    Traceback,
    /// Words of an error, or a symptom told without the word.
    Symptom,
    /// Words of review.
    Review,
    /// Words of practice or quizzes.
    Practice,
    /// Words of progress.
    Progress,
    /// Words of a wish to understand.
    Concept,
}

impl Kind {
    /// The agent that this kind of evidence leads to.
    pub(super) const fn intent(self) -> Intent {
        match self {
            Self::Traceback | Self::Symptom => Intent::Debug,
            Self::Review => Intent::Review,
            Self::Practice => Intent::Exercise,
            Self::Progress => Intent::Progress,
            Self::Concept => Intent::Concepts,
        }
    }
}

/// Where a rule's pattern may occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// In the question only.
    Text,
    /// In the question, or in the error on the screen.
    TextOrError,
}

/// What a rule asks for beside its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing more.
    Nothing,
    /// Code, in the context or in the question.
    Code,
}

/// One row: a pattern and what it says.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) confidence: f64,
    pub(super) pattern: &'static str,
    /// The rule does not hold if this occurs in the question.
    pub(super) unless: Option<&'static str>,
    pub(super) within: Where,
    pub(super) needs: Needs,
}

const fn rule(name: &'static str, kind: Kind, confidence: f64, pattern: &'static str) -> Rule {
    Rule { name, kind, confidence, pattern, unless: None, within: Where::Text, needs: Needs::Nothing }
}

impl Rule {
    const fn unless(mut self, pattern: &'static str) -> Self {
        self.unless = Some(pattern);
        self
    }

    const fn on_screen_too(mut self) -> Self {
        self.within = Where::TextOrError;
        self
    }

    const fn with_code(mut self) -> Self {
        self.needs = Needs::Code;
        self
    }
}

/// Someone asks about errors in general, or wants to practise, and has none.
const ABOUT_ERRORS: &str = r"\b(what(?:'s| is| are| does| do)\b[^.?!\n]{0,30}(error|exception|infinite|endless|bug)|explain|meaning of|differences?|types? of|kinds? of|learn|teach|tell me about|understand (the )?(error|exception|try)|when (is|are|does|do|should|to)\b|how (do|can|should|would|to) ?(i|you|we|one)? ?(raise|catch|handle|avoid|prevent|create|define|write|make|test|throw|ignore|log|use)|ex[ce]*r[cs]i[sc]es?|practi[cs]e|quiz|test me|challenge)\b";

/// A wish for practice that is really a question about what is behind one.
const BEHIND_ME: &str = r"\b((have|did|do|am) i (done|do|solved?|finish(ed)?|complete[d]?|pass(ed)?|fail(ed)?|get|got|made?|need|still)|my (quiz|exercise|last)[a-z ]{0,20}(score|result|grade|mark|progress)s?|(score|result|grade|mark)s? (in|on|for|of) (my|the)|how (did|am) i)\b";

/// The rules, grouped by kind.
pub(super) const RULES: &[Rule] = &[
    // --- a traceback --------------------------------------------------------------------------------------
    rule("traceback", Kind::Traceback, 0.98, r"traceback \(most recent call last\)|exception group traceback").on_screen_too(),
    rule("traceback line", Kind::Traceback, 0.97, r#"^\s*file "[^"\n]{0,200}", line \d+"#).on_screen_too(),
    rule("error line", Kind::Traceback, 0.95, r"^\s*([a-z_]+\.)*[a-z]{2,30}(error|exception|interrupt): ?\S").on_screen_too(),
    // --- words of an error --------------------------------------------------------------------------------
    rule("python's message", Kind::Symptom, 0.93, r"\b(invalid syntax|unexpected indent|expected an indented block|unindent does not match|index out of range|name '?\w+'? is not defined|is not defined|object is not (callable|iterable|subscriptable)|is not subscriptable|unsupported operand|can only concatenate|invalid literal for int|has no attribute '|no module named '|missing \d+ required positional|takes \d+ positional arguments?|referenced before assignment|was never closed|unterminated string|maximum recursion depth exceeded|not enough values to unpack|too many values to unpack|division by zero)")
        .unless(ABOUT_ERRORS).on_screen_too(),
    rule("an error of one's own", Kind::Symptom, 0.92, r"\b(i (get|got|have|had|see|keep getting|am getting)|i'm (getting|seeing)|i'm having|getting|gives?( me)?|gave me|throws?( me)?|throwing|says|said|shows?|raises|returns|there is|there's|this|that|my)( \w+){0,4} [a-z]*(error|exception)s?\b")
        .unless(r"\b(ex[ce]*r[cs]i[sc]es? (on|about|for|with)|quiz me|own (error|exception)|what does (this|that|an?|the)? ?\w* ?(error|exception)s? mean|(this|that) (error|exception) (type|class))\b"),
    rule("asking what a message means", Kind::Symptom, 0.8, r"\b(what does (this|that) (error|message|exception)|this error|that error|the error message|error message)\b")
        .unless(r"\b(how (do|can|to|should) (i )?(read|write|print|show)|read (an )?error messages?|types? of)\b"),
    rule("error word", Kind::Symptom, 0.8, r"\b([a-z]+error|error|errors|exception)\b").unless(ABOUT_ERRORS),
    // --- symptoms without the word ------------------------------------------------------------------------
    rule("it doesn't work", Kind::Symptom, 0.88, r"\b(does ?n[o']?t|doesnt|is ?n[o']?t|isnt|not|wo ?n't|wont|never|did ?n[o']?t|stopped) (even |get |gets |getting |being |seem to )?((work|run|compile|start|execute|respond|print|show|return|update|change|add|sort|save|loop|append|load|open|read|write|import|find|close|accept|recogni[sz]e|count|connect|install|reach|happen|move|draw|appear|react)(s|ing|ed|d)?|running|ran|adding|written|shown|called)\b")
        .unless(r"\b(what (is|are|happens)|how (do|can|should) (i|you) (tell|make)|difference|explain)\b"),
    rule("it doesn't stop", Kind::Symptom, 0.92, r"\b(doesn't|doesnt|does not|won't|wont|will not|never|can't|cannot|don't) (seem to )?(stop|stops|end|ends|finish|finishes|terminate|terminates|exit|exits)\b|\b(runs?|running|loops?|looping|goes|going|keeps? going) (on )?(forever|for ever|endlessly|infinitely)\b|\b(stuck|caught) in an? (infinite |endless )?loop\b")
        .unless(r"\b(what (is|are|happens)|how (do|can|should) (i|you) (make|write|create))\b"),
    rule("an endless loop", Kind::Symptom, 0.85, r"\b(infinite|endless|never[- ]ending) loop\b").unless(ABOUT_ERRORS),
    rule("it prints nothing", Kind::Symptom, 0.92, r"\b(prints?|shows?|outputs?|displays?|returns?|does|printing|get|got|see|gives?( me)?|produces) (absolutely )?(nothing|no output|none|blank|an? (empty|blank))\b|\bnothing (happens|happened|shows|appears|comes|changes|works|(is|gets|was|got|is being) \w+)\b|\b(no|empty|blank) (output|screen)\b|\b(is|it's|comes out|always) (none|blank|empty)\b")
        .unless(r"\b(what (is|does)|how (do|can|should|to)|when (does|do|should)|difference|explain|why (does|do) (a )?functions?)\b"),
    rule("it does the wrong thing", Kind::Symptom, 0.88, r"\b(wrong|incorrect|strange|weird|unexpected|odd|different) (output|result|answer|number|value|total|order|thing|sum)s?\b|\binstead of\b|\bbut (it|i|the|my|that|then|what|python)( \w+){0,3} (only|still|always|get|gets|got|gives?|prints?|says|shows?|returns?|skips?|keeps?|crash(es)?|stops?)\b|\b(it|code|program|loop|function|script) (always|only|still|keeps?) \w+|\bshould (be|print|return|give|show|have been)\b.{0,60}\b(but|instead|i (have|get|got|see))\b|\bskips\b|\b(is|are|comes? out|turns? out|looks?|seems?|gets?) (all |completely |totally |always )?(wrong|incorrect|messed up|strange|weird)\b|\b(one|once|two|too|a few) (times? )?too (many|few|often|much|little|early|late)\b|\btoo (many|few) (times|rounds|lines)\b|\b(over and over|again and again|twice)\b|\b(has|have|with|gives?( me)?|prints?|shows?|returns?|in) the wrong \w+|\b(i|we) (always|only|still|keep|constantly) (get|getting|see|seeing|receive)\b|\b(stays?|remains?|is always) (empty|blank|none|the same|zero|0|black|white)\b|\b(expected|expecting)\b.{0,60}\b(but|got|get|instead)\b|\bmy \w+( \w+)? (is|are) (wrong|off|twice|doubled|missing)\b")
        .unless(r"\b(should i use|when (to|should|do|would)|difference|why (would|should) (i|you|we) use|what (is|are)|use \w+ instead of|is (right|correct|good) or)\b"),
    rule("it crashes", Kind::Symptom, 0.92, r"\b(complains?|complaining|ignores|refuses|(my|the|this) (code|program|loop|script|function|game|app|class) breaks|(is|was|are|were) not (found|recogni[sz]ed|printed|shown|called|updated|saved|executed|displayed)|(stops|stopped|quits|exits|ends|closes) (after|before|at|too|when|without|immediately|early|in the middle|working)|crash(es|ed|ing)?|freez(es|ing)|froze|hangs|hanging|fails?|failed|failing|broken|breaks my|blows up)\b")
        .unless(r"\b(what (is|are|happens)|how (do|can|should|to) (i |you )?(prevent|avoid|stop|handle|make|keep)|explain|exercises?|quiz|difference|when (to|should|do)|did i fail|have i failed)\b"),
    rule("something is wrong", Kind::Symptom, 0.9, r"\b(what('?s| is| am i| did i)? (going |doing |do )?wrong|what went wrong|something('s| is| went)? wrong|wrong with (my|this|the)|where('s| is) (the|my) (mistake|bug|problem|error)|problem with my|(find|fix|solve|spot|see|locate) (the|my|this|a) (bug|mistake|problem|error|code|program|loop|function)|bugs? in (my|this)|buggy|help me (fix|debug)|debug (my|this|the)|can'?t figure out why|why (is|are|does|do|did) my\b|why (isn't|aren't|doesn't|don't|won't|can't|didn't) (my|this|it|that|the)\b|why (is|are|does|do|did) (this|it|that|the \w+) (\w+ )?(not|only|always|still|keep|give|print|say|stop|crash|return|show|repeat|skip|end|wrong|empty|none|so slow)\b|there('s| is| must be| has to be| seems to be)( probably| surely)? (a|an|some) (mistake|bug|problem|issue|fault))")
        .unless(r"\b(my (teacher|friend|book|tutor|professor|course|sister|brother|classmate)|why (is|are|does|do) (this|it) (called|named|important|useful|better|good|work)|how (do|can) i (use|start) the debugger)\b"),
    rule("bug", Kind::Symptom, 0.75, r"\b(bugs?|glitch|typo)\b").unless(ABOUT_ERRORS),
    // --- review -------------------------------------------------------------------------------------------
    rule("asking for a review", Kind::Review, 0.92, r"\b(review|critique|evaluate|assess|grade|rate|look (at|over|through)|check( over| out)?|go over|comment on|feedback (on|for|about)) (of )?(my|this|the|over my|at my)( \w+){0,3} ?(code|program|function|solution|script|class|loop|work|implementation|attempt|style)?\b|\bcode review\b|\bany feedback\b|\bfeedback (please|on)\b|\bgive me (some )?feedback\b")
        .unless(r"\b(progress|score|streak|mastery|exercises? (on|about)|how (do|can|to) (i )?check|quiz)\b"),
    rule("asking for improvement", Kind::Review, 0.9, r"\b(improve|refactor|clean(er)? up|clean|simplify|optimi[sz]e|shorten|tidy( up)?|polish|speed up) (my|this|the|it)( \w+){0,2}\b|\b(better|cleaner|shorter|nicer|more pythonic|more elegant|more efficient|faster) (way|version|solution|code)\b|\bmake (it|this|my \w+|the code)( \w+)? (better|cleaner|faster|shorter|nicer|more \w+)\b|\bbest practices?\b|\bpythonic\b|\breadable\b|\bcode (quality|style)\b|\b(can|could|should) (this|it|that|my \w+) be (written |made |done |more )?(better|cleaner|improved|shorter|simpler|simplified|nicer|faster|shortened|optimi[sz]ed|elegant|readable)\b")
        .unless(r"\b(improve my (score|mastery|level|streak|grade|progress|skill)|what (is|does|are)|explain|how (do|can) (i|you) (write|measure|sort|read))\b"),
    rule("asking whether it is right", Kind::Review, 0.85, r"\b(is (this|that|it|my \w+)( \w+)? (right|correct|ok|okay|good|fine|clean|valid|efficient|enough)|(does|did) (this|my \w+) (look|seem) (right|ok|okay|good|fine)|did i do (this|it|that) (right|correctly|well)|am i doing (this|it) (right|correctly)|any (suggestions|improvements|tips|thoughts)|what do you think|thoughts|how('s| is) (this|my code)|suggestions)\b")
        .with_code(),
    rule("talking of one's code", Kind::Review, 0.7, r"\b(my|this) (code|program|script|solution|implementation)\b|\bpep ?8\b")
        .unless(r"\b(explain|what|how|why|where|when|which|mean(s|ing)?|understand|run|quiz|ex[ce]*r[cs]i[sc]es?|practi[cs]e|tasks?|challenge|progress|score|describe|walk me|example|learn)\b"),
    // --- practice -----------------------------------------------------------------------------------------
    rule("exercise", Kind::Practice, 0.92, r"\b(ex[ce]*r[cs]i[sc]es?|workouts?|katas?|worksheets?|drills?)\b").unless(BEHIND_ME),
    rule("quiz", Kind::Practice, 0.93, r"\b(quiz(zes)?( me)?|(mini|short|little|quick|small|practice)[- ]tests?|tests? (on|about)|test (me|my (knowledge|understanding|skills?))|ask me (some |a few |a |\d+ )?questions?|multiple[- ]choice|flash ?cards?|check my (knowledge|understanding))\b")
        .unless(BEHIND_ME),
    rule("practice", Kind::Practice, 0.9, r"\b(practi[cs](e|es|ing)|train(ing)? (on|with|my)|challenges?( me)?|try (my hand|something)|hands[- ]on)\b")
        .unless(r"\b(how (many|much|often|long)|should i|did i|have i|best practices?|good practices?|bad practices?|in practice)\b"),
    rule("a task", Kind::Practice, 0.9, r"\b(give|set|create|generate|make|find|show|need|want|get|some|another|more|next|new|easy|hard|simple|harder|easier|coding|programming|practice) ((me|us|a|an|some|another|more|\d+|few|one|for|easy|hard|simple|medium|beginner|new|good|small|little|coding|programming|python|bit|harder|easier) ){0,5}(tasks?|problems?|puzzles?|assignments?|homework|questions? (about|on|for)|projects?)\b")
        .unless(r"\b(i have (a|another) problem|problems? with (my|the|this|it|that)|assignment operators?|my homework)\b"),
    rule("something to solve", Kind::Practice, 0.85, r"\b(something|anything)( \w+)? (to|i can) (solve|do|code|try|program|build|practi[cs]e)\b|\blet me try\b"),
    // --- progress -----------------------------------------------------------------------------------------
    rule("progress", Kind::Progress, 0.93, r"\b(my (\w+ ){0,2}(progress|mastery|streaks?|scores?|stats|statistics|grades?|results?|marks|points|level|performance|achievements?|dashboard|history|report|skills?)|progress (report|so far|in|on))\b")
        .unless(r"\b(variable|dictionary|list|print|sort|average of|function|calculate|compute|loop|store)\b"),
    rule("how am i doing", Kind::Progress, 0.93, r"\bhow (am i|have i been|'m i) (doing|getting on|progressing|going|performing)\b|\bhow (far|well|good|much)( \w+)? (am|have|did|do) i\b|\bhow (many|much) ([a-z]+ ){1,4}(have|did|do|am) i\b|\bwhere (am i|do i stand)\b|\bhow close am i\b|\bdid i (pass|fail|improve|master|finish|complete|already|last)\b|\bwhen did i\b|\bhow often (do|did|have) i\b|\bam i (already )?(good|bad|weak|strong|better|worse|best|worst) (at|in|with)\b|\bam i (improving|getting better|ready|making progress|behind|on track)\b"),
    rule("what is behind, what is next", Kind::Progress, 0.88, r"\bwhat (have|did) i (already )?(learn|learned|learnt|done|do|complete|completed|finish|finished|master|mastered|covered|achieved|miss|missed)\b|\bwhat (should|can|do|shall) i (learn|study|do|work on|focus on|review|tackle|revise) (next|now|today|first)\b|\bwhat('s| is| comes) next( for me)?\b|\bwhat do i (still )?(need|have) to (work on|improve|practi[cs]e|revise|study|learn|do|finish)\b|\b(what|which) (topics?|modules?|concepts?|areas?|exercises?) (have|did|do|am|should) i\b|\b(weak|strong)(est|er)? (topics?|areas?|points?|spots?|sides?|modules?)\b|\bwhat am i (good|bad|weak|strong|best|worst) (at|in)\b|\bhave i (finished|completed|mastered|done)\b"),
    // --- concepts -----------------------------------------------------------------------------------------
    rule("asking what it is", Kind::Concept, 0.7, r"\b(what('s| is| are| does| do| was| were| kind| happens)|whats|what exactly|definition|define|meaning|mean(s)?|stand for|purpose of|point of)\b"),
    rule("asking how", Kind::Concept, 0.68, r"\bhow (do|does|can|could|to|would|should|is|are|did|come)\b|\bhowto\b|\bways? to\b|\bsyntax (of|for)\b"),
    rule("asking for an explanation", Kind::Concept, 0.72, r"\b(explain|explanation|describe|clarify|teach|tell me|show me|help me understand|walk me through|introduce|introduction|intro to|overview|tutorial|summari[sz]e|remind me|example(s)?|in simple (words|terms)|eli5)\b"),
    rule("asking for a comparison", Kind::Concept, 0.72, r"\b(differences?|differ|versus|vs|compared? (to|with)|better than|or should i use|when (should|do|would|to|is|are))\b"),
    rule("asking why", Kind::Concept, 0.66, r"\b(why|what for|how come|reason)\b"),
    rule("wanting to understand", Kind::Concept, 0.7, r"\b(understand|learn|know (about|how|what)|study|confus(ed|ing)|don't get|dont get|do not get|unclear|struggl(e|ing) with|stuck (on|with)|help (me )?with|lost with|is it possible|can (i|you|we|a|an|python)|is there|does python|are there|do i (need|have))\b"),
];
