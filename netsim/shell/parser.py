"""Script text to a tree: a small recursive-descent parser for the bash people write."""

from __future__ import annotations

import re
from functools import lru_cache

import attrs

from netsim.shell.numbers import is_number
from netsim.shell.tree import AndOr, Arithmetic, Case, CFor, Conditional, For, Function, Group, If, Loop, Pipeline, Redirect, Sequence, Simple, Word

OPERATORS = ("&>>", "<<<", "<<-", ";;", "&&", "||", "|&", "<<", ">>", ">&", "<&", "&>", ">|", "<>", ";", "&", "|", "<", ">", "(", ")", "\n")
REDIRECTIONS = frozenset(("<", ">", ">>", "<<", "<<-", "<<<", ">&", "<&", "&>", "&>>", ">|", "<>"))
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FUNCTION_NAME = re.compile(r"[^$`'\"\\\s=\d][^$`'\"\\\s=]*")
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*(?:\[[^]]*\])?)(\+?=)(.*)", re.S)
RESERVED = frozenset(
    ["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "for", "in", "case", "esac", "{", "}", "!", "[[", "function"]
)
MOST_DEPTH = 100


class SyntaxProblem(Exception):
    """What bash says about the text, and the line it says it of."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Incomplete(SyntaxProblem):
    """The text ends in the middle of a construct."""


@attrs.frozen
class Token:
    """An operator, a word, or the end ("")."""

    kind: str  # "op", "word", "end"
    text: str
    line: int
    start: int = 0
    heredoc: str = ""


def skip_quoted(text: str, at: int, line: int) -> int:
    """The place after a quoted or substituted piece that begins at `at`."""
    letter = text[at]
    if letter == "'":
        end = text.find("'", at + 1)
        if end < 0:
            raise Incomplete("unexpected EOF while looking for matching `''", line)
        return end + 1
    if letter == '"':
        at += 1
        while at < len(text) and text[at] != '"':
            at = skip_quoted(text, at, line) if text[at] in "$`" else at + (2 if text[at] == "\\" else 1)
        if at >= len(text):
            raise Incomplete("unexpected EOF while looking for matching `\"'", line)
        return at + 1
    if letter == "`":
        end = at + 1
        while end < len(text) and text[end] != "`":
            end += 2 if text[end] == "\\" else 1
        if end >= len(text):
            raise Incomplete("unexpected EOF while looking for matching ``'", line)
        return end + 1
    if letter == "$":
        if text.startswith("$'", at):
            end = at + 2
            while end < len(text) and text[end] != "'":
                end += 2 if text[end] == "\\" else 1
            return end + 1
        if text[at + 1 : at + 2] in ("(", "{"):
            return _balanced(text, at + 1, line)
        return at + 1
    return at + 1


def _balanced(text: str, at: int, line: int) -> int:
    opening = text[at]
    closing = {"(": ")", "{": "}"}[opening]
    depth = 0
    while at < len(text):
        letter = text[at]
        if letter == opening:
            depth += 1
        elif letter == closing:
            depth -= 1
            if not depth:
                return at + 1
        elif letter == "\\":
            at += 1
        elif letter in "'\"`" or (letter == "$" and text[at + 1 : at + 2] in ("(", "{")):
            at = skip_quoted(text, at, line)
            continue
        at += 1
    raise Incomplete(f"unexpected EOF while looking for matching `{closing}'", line)


def tokenize(text: str) -> list[Token]:
    """All tokens; here-documents travel with their operator."""
    tokens: list[Token] = []
    pending: list[tuple[int, bool]] = []
    at, line = 0, 1
    while at < len(text):
        letter = text[at]
        if letter in " \t":
            at += 1
        elif text.startswith("\\\n", at):
            at += 2
            line += 1
        elif letter == "#" and (at == 0 or text[at - 1] in " \t\n;&|()"):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif letter == "\n":
            tokens.append(Token("op", "\n", line, at))
            at += 1
            line += 1
            at, line = _heredocs(text, at, line, tokens, pending)
        else:
            operator = next((operator for operator in OPERATORS if text.startswith(operator, at)), None)
            if operator is not None and not text.startswith(("<(", ">("), at):
                tokens.append(Token("op", operator, line, at))
                at += len(operator)
                if operator in ("<<", "<<-"):
                    pending.append((len(tokens) - 1, operator == "<<-"))
                continue
            start, first = at, line
            at = _word_end(text, at, line)
            line += text.count("\n", start, at)
            tokens.append(Token("word", text[start:at], first, start))
    at, line = _heredocs(text, at, line, tokens, pending)
    return [*tokens, *[Token("end", "", line, len(text))] * 3]  # who looks two words ahead still finds the end


def _heredocs(text: str, at: int, line: int, tokens: list[Token], pending: list[tuple[int, bool]]) -> tuple[int, int]:
    for place, strip in pending:
        if place + 1 < len(tokens) and tokens[place + 1].kind == "word":
            at, line = _heredoc(text, at, line, tokens, place, strip)
    pending.clear()
    return at, line


def _word_end(text: str, at: int, line: int) -> int:
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 2
        elif letter in "'\"`" or letter == "$":
            at = skip_quoted(text, at, line)
        elif text.startswith(("<(", ">("), at):
            at = _balanced(text, at + 1, line)
        elif letter == "(" and at and text[at - 1] == "=":
            at = _balanced(text, at, line)
        elif letter in " \t\n;&|<>()":
            break
        else:
            at += 1
    return min(at, len(text))


def _heredoc(text: str, at: int, line: int, tokens: list[Token], place: int, strip: bool) -> tuple[int, int]:  # noqa: FBT001
    delimiter = re.sub(r"['\"\\]", "", tokens[place + 1].text)
    lines = []
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        row = text[at:end].lstrip("\t" if strip else "")
        at, line = end + 1, line + 1
        if row == delimiter:
            break
        lines.append(row + "\n")
    tokens[place] = attrs.evolve(tokens[place], heredoc="".join(lines))
    return at, line


@attrs.define(eq=False)
class Parser:
    """One pass over the tokens."""

    text: str
    tokens: list[Token]
    at: int = 0
    depth: int = 0

    @property
    def token(self) -> Token:
        """The token under the cursor."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The token under the cursor; moves on, but not past the end."""
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def is_op(self, *texts: str) -> bool:
        """Whether one of these operators comes next."""
        return self.token.kind == "op" and self.token.text in texts

    def is_word(self, *texts: str) -> bool:
        """Whether one of these reserved words comes next."""
        return self.token.kind == "word" and self.token.text in texts

    def newlines(self) -> None:
        """Skip empty lines."""
        while self.is_op("\n"):
            self.at += 1

    def unexpected(self) -> SyntaxProblem:
        """`syntax error near unexpected token`."""
        token = self.token
        if token.kind == "end":
            return Incomplete("syntax error: unexpected end of file", token.line)
        return SyntaxProblem(f"syntax error near unexpected token `{'newline' if token.text == chr(10) else token.text}'", token.line)

    def expect(self, *words: str) -> None:
        """A reserved word must come next."""
        if not self.is_word(*words):
            raise self.unexpected()
        self.at += 1

    def script(self) -> Sequence:
        """Everything."""
        body = self.sequence(())
        if self.token.kind != "end":
            raise self.unexpected()
        return body

    def sequence(self, stops: tuple[str, ...]) -> Sequence:
        """Lists up to a reserved word or closing operator."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise SyntaxProblem("the script is nested too deeply for netsim", self.token.line)
        items: list[tuple[AndOr, str]] = []
        self.newlines()
        while self.token.kind != "end" and not self.is_word(*stops) and not self.is_op(")", ";;"):
            item = self.and_or()
            how = ";"
            if self.is_op(";", "&", "\n"):
                how = "&" if self.take().text == "&" else ";"
            elif self.token.kind != "end" and not self.is_word(*stops) and not self.is_op(")", ";;"):
                raise self.unexpected()
            items.append((item, how))
            self.newlines()
        self.depth -= 1
        return Sequence(tuple(items))

    def and_or(self) -> AndOr:
        """Pipelines joined by && and ||."""
        first = self.pipeline()
        rest = []
        while self.is_op("&&", "||"):
            operator = self.take().text
            self.newlines()
            rest.append((operator, self.pipeline()))
        return AndOr(first, tuple(rest))

    def pipeline(self) -> Pipeline:
        """Commands joined by |."""
        negated = False
        while self.is_word("!"):
            self.at += 1
            negated = not negated
        commands = [self.command()]
        while self.is_op("|", "|&"):
            self.take()
            self.newlines()
            commands.append(self.command())
        return Pipeline(tuple(commands), negated)

    def command(self) -> object:
        """One command, simple or compound."""
        token = self.token
        if token.kind == "op" and token.text == "(":
            return self._paren()
        if token.kind == "word":
            handler = {
                "{": self._braces,
                "if": self._if,
                "while": self._loop,
                "until": self._loop,
                "for": self._for,
                "case": self._case,
                "[[": self._conditional,
                "function": self._function,
            }.get(token.text)
            if handler is not None:
                return handler()
            following = self.tokens[self.at + 1]
            if following.kind == "op" and following.text == "(" and FUNCTION_NAME.fullmatch(token.text) and self.tokens[self.at + 2].text == ")":
                self.at += 3
                return self._function_body(token.text)
            if token.text in RESERVED and token.text not in ("in",):
                raise self.unexpected()
        return self.simple()

    def _body(self, *stops: str) -> Sequence:
        body = self.sequence(stops)
        if not body.items:
            raise self.unexpected()
        return body

    def _paren(self) -> object:
        start = self.token.start
        if self.text.startswith("((", start):
            end = self.text.find("))", start)
            if end > 0:
                inner = self.text[start + 2 : end]
                while self.token.kind != "end" and self.token.start < end + 2:
                    self.at += 1
                return Arithmetic(inner, self.redirects())
        self.take()
        body = self._body()
        if not self.is_op(")"):
            raise self.unexpected()
        self.take()
        return Group(body, True, self.redirects())

    def _braces(self) -> Group:
        self.take()
        body = self._body("}")
        self.expect("}")
        return Group(body, False, self.redirects())

    def _if(self) -> If:
        self.take()
        branches = []
        condition = self._body("then")
        self.expect("then")
        branches.append((condition, self._body("elif", "else", "fi")))
        while self.is_word("elif"):
            self.take()
            condition = self._body("then")
            self.expect("then")
            branches.append((condition, self._body("elif", "else", "fi")))
        otherwise = None
        if self.is_word("else"):
            self.take()
            otherwise = self._body("fi")
        self.expect("fi")
        return If(tuple(branches), otherwise, self.redirects())

    def _loop(self) -> Loop:
        until = self.take().text == "until"
        condition = self._body("do")
        self.expect("do")
        body = self._body("done")
        self.expect("done")
        return Loop(condition, body, until, self.redirects())

    def _for(self) -> object:
        self.take()
        start = self.token.start
        if self.is_op("(") and self.text.startswith("((", start):
            end = self.text.find("))", start)
            parts = [*self.text[start + 2 : end].split(";"), "", "", ""]
            while self.token.kind != "end" and self.token.start < end + 2:
                self.at += 1
            body = self._do()
            return CFor(parts[0], parts[1], parts[2], body, self.redirects())
        name = self.take().text
        if not NAME.fullmatch(name):
            raise SyntaxProblem(f"`{name}': not a valid identifier", self.token.line)
        self.newlines()
        words: tuple[Word, ...] | None = None
        if self.is_word("in"):
            self.take()
            found = []
            while self.token.kind == "word":
                found.append(Word(self.take().text))
            words = tuple(found)
        body = self._do()
        return For(name, words, body, self.redirects())

    def _do(self) -> Sequence:
        while self.is_op(";", "\n"):
            self.at += 1
        closing = "}" if self.is_word("{") else "done"
        self.expect("do", "{")
        body = self._body(closing)
        self.expect(closing)
        return body

    def _case(self) -> Case:
        self.take()
        word = Word(self.take().text)
        self.newlines()
        self.expect("in")
        self.newlines()
        branches = []
        while not self.is_word("esac"):
            if self.is_op("("):
                self.take()
            patterns = [Word(self.take().text)]
            while self.is_op("|"):
                self.take()
                patterns.append(Word(self.take().text))
            if not self.is_op(")"):
                raise self.unexpected()
            self.take()
            body = self.sequence(("esac",))
            branches.append((tuple(patterns), body))
            if self.is_op(";;"):
                self.take()
            self.newlines()
            if self.token.kind == "end":
                raise self.unexpected()
        self.expect("esac")
        return Case(word, tuple(branches), self.redirects())

    def _conditional(self) -> Conditional:
        self.take()
        words = []
        while not self.is_word("]]"):
            if self.token.kind == "end":
                raise self.unexpected()
            words.append(Word(self.take().text))
        self.take()
        return Conditional(tuple(words), self.redirects())

    def _function(self) -> Function:
        self.take()
        name = self.take().text
        if self.is_op("("):
            self.take()
            self.take()
        return self._function_body(name)

    def _function_body(self, name: str) -> Function:
        self.newlines()
        return Function(name, self.command())

    def redirects(self) -> tuple[Redirect, ...]:
        """Redirections after a compound command."""
        found = []
        while (redirect := self._redirect()) is not None:
            found.append(redirect)
        return tuple(found)

    def _redirect(self) -> Redirect | None:
        fd = -1
        mark = self.at
        if (
            self.token.kind == "word"
            and is_number(self.token.text)
            and self.tokens[self.at + 1].text in REDIRECTIONS
            and self.tokens[self.at + 1].start == self.token.start + len(self.token.text)
        ):
            fd = int(self.take().text)
        if self.token.kind != "op" or self.token.text not in REDIRECTIONS:
            self.at = mark
            return None
        operator = self.take()
        if self.token.kind != "word":
            raise self.unexpected()
        target = Word(self.take().text)
        if fd < 0:
            fd = 0 if operator.text.startswith("<") else 1
        literal = any(letter in target.text for letter in "'\"\\")
        return Redirect(fd, operator.text, target, operator.heredoc, literal)

    def simple(self) -> Simple:
        """A simple command."""
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        line = self.token.line
        while True:
            redirect = self._redirect()
            if redirect is not None:
                redirects.append(redirect)
                continue
            if self.token.kind != "word":
                break
            text = self.token.text
            assigned = ASSIGNMENT.fullmatch(text)
            if assigned and not words:
                assignments.append((assigned[1] + ("+" if assigned[2] == "+=" else ""), Word(assigned[3])))
            else:
                words.append(Word(text))
            self.at += 1
        if not assignments and not words and not redirects:
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line)


@lru_cache(maxsize=512)
def parse(text: str) -> Sequence:
    """The tree of a script; raises SyntaxProblem."""
    return Parser(text, tokenize(text)).script()
