//! Reads Rust source well enough for the house's rules: tokens without comments and strings, and the paths in them.

/// One token: an identifier, or a single character of punctuation. Literals are kept as `"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub text: String,
    pub line: usize,
    /// Inside a module under `#[cfg(test)]`.
    pub in_test: bool,
    /// How many inline modules surround it.
    pub inline: usize,
}

/// A path such as `crate::model::Person`, with the place where it starts.
#[derive(Debug)]
pub struct Path {
    pub segments: Vec<String>,
    pub line: usize,
    pub in_test: bool,
    pub inline: usize,
    /// A macro call: `crate::text_enum!`.
    pub is_macro: bool,
    pub imported: bool,
}

/// A function with a body.
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

pub fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { chars: source.chars().collect(), at: 0, line: 1, out: Vec::new() };
    while reader.at < reader.chars.len() {
        reader.step();
    }
    let mut out = reader.out;
    mark_modules(&mut out);
    out
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.line += usize::from(self.peek(0) == '\n');
            self.at += 1;
        }
    }

    fn push(&mut self, text: String) {
        self.out.push(Token { text, line: self.line, in_test: false, inline: 0 });
    }

    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.skip_line(),
            ('/', '*') => self.skip_block(),
            ('"', _) => self.text(),
            ('\'', _) => self.quote(),
            (c, _) if c.is_alphanumeric() || c == '_' => self.word(),
            (c, _) if c.is_whitespace() => self.skip(1),
            (c, _) => {
                self.push(c.to_string());
                self.skip(1);
            }
        }
    }

    fn skip_line(&mut self) {
        while self.at < self.chars.len() && self.peek(0) != '\n' {
            self.at += 1;
        }
    }

    fn skip_block(&mut self) {
        let mut depth = 0usize;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.skip(1);
                    continue;
                }
            }
            self.skip(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn text(&mut self) {
        self.push("\"".to_owned());
        self.skip(1);
        while self.at < self.chars.len() && self.peek(0) != '"' {
            let width = if self.peek(0) == '\\' { 2 } else { 1 };
            self.skip(width);
        }
        self.skip(1);
    }

    /// A character literal, or the tick of a lifetime.
    fn quote(&mut self) {
        if self.peek(1) == '\\' {
            self.skip(3);
            while self.at < self.chars.len() && self.peek(0) != '\'' {
                self.skip(1);
            }
            self.skip(1);
        } else if self.peek(2) == '\'' {
            self.skip(3);
        } else {
            self.skip(1);
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.skip(1);
            }
        }
    }

    fn word(&mut self) {
        let line = self.line;
        let mut text = String::new();
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            text.push(self.peek(0));
            self.skip(1);
        }
        if matches!(text.as_str(), "r" | "br" | "cr") && matches!(self.peek(0), '"' | '#') && self.raw_text() {
            return;
        }
        if matches!(text.as_str(), "b" | "c") && self.peek(0) == '"' {
            return;
        }
        self.out.push(Token { text, line, in_test: false, inline: 0 });
    }

    /// Skips `#…"…"#…`; false when it is a raw identifier.
    fn raw_text(&mut self) -> bool {
        let mut hashes = 0;
        while self.peek(hashes) == '#' {
            hashes += 1;
        }
        if self.peek(hashes) != '"' {
            return false;
        }
        self.push("\"".to_owned());
        self.skip(hashes + 1);
        while self.at < self.chars.len() {
            if self.peek(0) == '"' && (1..=hashes).all(|n| self.peek(n) == '#') {
                self.skip(hashes + 1);
                return true;
            }
            self.skip(1);
        }
        true
    }
}

/// Notes for every token the inline modules around it and whether one of them is for tests only.
fn mark_modules(tokens: &mut [Token]) {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut depth = 0usize;
    for at in 0..tokens.len() {
        let is_module = at >= 2 && tokens[at].text == "{" && tokens[at - 2].text == "mod";
        match tokens[at].text.as_str() {
            "{" => depth += 1,
            "}" => {
                if open.last().is_some_and(|(level, _)| *level == depth) {
                    open.pop();
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        if is_module {
            let before: Vec<&str> = tokens[..at - 2].iter().rev().take(TEST.len()).rev().map(|t| t.text.as_str()).collect();
            open.push((depth, before == TEST));
        }
        tokens[at].inline = open.len();
        tokens[at].in_test = open.iter().any(|(_, test)| *test);
    }
}

/// Every path in the tokens, with the trees of `use` flattened.
pub fn paths(tokens: &[Token]) -> Vec<Path> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].text == "use" && at + 1 < tokens.len() {
            at = use_tree(tokens, at + 1, &[], &mut out);
        } else if is_word(&tokens[at]) && !follows_colons(tokens, at) {
            at = expression(tokens, at, &mut out);
        } else {
            at += 1;
        }
    }
    out
}

fn is_word(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn follows_colons(tokens: &[Token], at: usize) -> bool {
    at >= 2
        && tokens[at - 1].text == ":"
        && tokens[at - 2].text == ":"
        && at >= 3
        && (is_word(&tokens[at - 3]) || tokens[at - 3].text == ">")
}

fn colons(tokens: &[Token], at: usize) -> bool {
    at + 1 < tokens.len() && tokens[at].text == ":" && tokens[at + 1].text == ":"
}

fn expression(tokens: &[Token], start: usize, out: &mut Vec<Path>) -> usize {
    let mut segments = vec![tokens[start].text.clone()];
    let mut at = start + 1;
    while colons(tokens, at) && tokens.get(at + 2).is_some_and(is_word) {
        segments.push(tokens[at + 2].text.clone());
        at += 3;
    }
    let is_macro = tokens.get(at).is_some_and(|t| t.text == "!");
    out.push(path(&tokens[start], segments, is_macro, false));
    at
}

fn path(start: &Token, segments: Vec<String>, is_macro: bool, imported: bool) -> Path {
    Path { segments, line: start.line, in_test: start.in_test, inline: start.inline, is_macro, imported }
}

/// Reads one use tree that begins at `at`; returns where it ends.
fn use_tree(tokens: &[Token], mut at: usize, prefix: &[String], out: &mut Vec<Path>) -> usize {
    let mut segments = prefix.to_vec();
    let start = &tokens[at.min(tokens.len() - 1)];
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            ":" => at += 1,
            "{" => return use_group(tokens, at + 1, &segments, out),
            "as" => at += 2,
            word if is_word(&tokens[at]) || word == "*" => {
                segments.push(word.to_owned());
                at += 1;
            }
            _ => break,
        }
    }
    out.push(path(start, segments, false, true));
    at
}

fn use_group(tokens: &[Token], mut at: usize, prefix: &[String], out: &mut Vec<Path>) -> usize {
    while at < tokens.len() && tokens[at].text != "}" {
        at = if tokens[at].text == "," { at + 1 } else { use_tree(tokens, at, prefix, out).max(at + 1) };
    }
    at + 1
}

/// Every function that has a body, with its length from `fn` to the closing brace.
pub fn functions(tokens: &[Token]) -> Vec<Function> {
    let named = |at: usize| tokens[at].text == "fn" && tokens.get(at + 1).is_some_and(is_word);
    (0..tokens.len()).filter(|&at| named(at)).filter_map(|at| function(tokens, at)).collect()
}

fn function(tokens: &[Token], start: usize) -> Option<Function> {
    let mut inside = 0i32;
    let mut braces = 0i32;
    for token in &tokens[start..] {
        match token.text.as_str() {
            "(" | "[" => inside += 1,
            ")" | "]" => inside -= 1,
            ";" if inside == 0 && braces == 0 => return None,
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                if braces == 0 {
                    let lines = token.line + 1 - tokens[start].line;
                    return Some(Function { name: tokens[start + 1].text.clone(), line: tokens[start].line, lines });
                }
            }
            _ => {}
        }
    }
    None
}
