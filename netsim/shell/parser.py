"""Script text to a tree: a small recursive-descent parser for the bash people write."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import attrs

from netsim.shell.numbers import is_number
from netsim.shell.tokens import (
    ASSIGNMENT,
    FUNCTION_NAME,
    MOST_DEPTH,
    PLAIN_ASSIGNMENT,
    REDIRECTIONS,
    RESERVED,
    Incomplete,
    SyntaxProblem,
    Token,
    skip_quoted,
    tokens_of,
)
from netsim.shell.tree import (
    AndOr,
    Arithmetic,
    Case,
    CFor,
    Conditional,
    Coproc,
    For,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Redirect,
    Select,
    Sequence,
    Simple,
    Word,
)

COMPOUND = frozenset(("{", "if", "while", "until", "for", "case", "select", "[["))
FOREIGN = {"bash": frozenset(), "ash": frozenset(("select", "coproc")), "sh": frozenset(("select", "coproc", "[[", "function", "time"))}
"""Words that are no keywords in a kind of shell."""
VARIABLE = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]+\])?\}")
CLOSING = (")", ";;", ";&", ";;&")


@attrs.define(eq=False, repr=False)
class Parser:
    """One pass over the tokens."""

    text: str
    tokens: list[Token]
    at: int = 0
    depth: int = 0
    kind: str = "bash"
    done: tuple[tuple[AndOr, str], ...] = ()

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
            return Incomplete("syntax error: unexpected end of file", token.line + (not self.text.endswith("\n")))
        return SyntaxProblem(f"syntax error near unexpected token `{'newline' if token.text == chr(10) else token.text}'", token.line)

    def misplaced(self) -> SyntaxProblem:
        """The same where the end of the text is the end of a line."""
        if self.token.kind == "end":
            problem = SyntaxProblem("syntax error near unexpected token `newline'", self.token.line)
            problem.expected = "end of file"
            return problem
        return self.unexpected()

    def expect(self, *words: str) -> None:
        """A reserved word must come next."""
        if not self.is_word(*words):
            raise self.wanting(words[0])
        self.at += 1

    def wanting(self, expected: str) -> SyntaxProblem:
        """An unexpected token where another should stand."""
        problem = self.unexpected()
        problem.expected = expected
        return problem

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
        while self.token.kind != "end" and not self.is_word(*stops) and not self.is_op(*CLOSING):
            item = self.and_or()
            how = ";"
            if self.is_op(";", "&", "\n"):
                how = self.take().text
            elif self.token.kind != "end" and not self.is_word(*stops) and not self.is_op(*CLOSING):
                raise self.unexpected()
            if how != "\n" and self.is_op("\n"):
                items.append((item, how if how == "&" else "\n"))
                how = "\n"
            else:
                items.append((item, how))
            self.newlines()
            if how == "\n" and self.depth == 1:
                self.done = tuple(items)
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
        negated: bool | None = None
        timed = ""
        while self.is_word("!", "time") and self.token.text not in FOREIGN[self.kind]:
            if self.take().text == "!":
                negated = not negated
                continue
            timed = "time"
            if self.is_word("-p"):
                self.at += 1
                timed = "p"
        if (timed or negated is not None) and (self.token.kind == "end" or self.is_op("\n", ";")):
            return Pipeline((), bool(negated), timed)
        commands = [self.command()]
        while self.is_op("|", "|&"):
            if self.take().text == "|&":
                last = commands[-1]
                commands[-1] = attrs.evolve(last, redirects=(*last.redirects, Redirect(2, ">&", Word("1"))))
            self.newlines()
            commands.append(self.command())
        return Pipeline(tuple(commands), bool(negated), timed)

    def command(self) -> Any:
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
                "select": self._for,
                "case": self._case,
                "[[": self._conditional,
                "function": self._function,
                "coproc": self._coproc,
            }.get(token.text)
            if handler is not None and token.text not in FOREIGN[self.kind]:
                return handler()
            following = self.tokens[self.at + 1]
            if following.kind == "op" and following.text == "(" and FUNCTION_NAME.fullmatch(token.text) and self.tokens[self.at + 2].text == ")":
                self.at += 3
                return self._function_body(token.text)
            if following.kind == "op" and following.text == "(" and self.tokens[self.at + 2].kind == "end":
                self.at += 2
                raise self.misplaced()
            if token.text in RESERVED and token.text not in FOREIGN[self.kind]:
                raise self.unexpected()
        return self.simple()

    def _body(self, *stops: str) -> Sequence:
        body = self.sequence(stops)
        if not body.items:
            raise self.wanting(stops[-1] if stops and self.token.kind == "end" else "")
        return body

    def _double_end(self, start: int) -> int:
        """The place of the `))` that closes the `((` at `start`, -1 where the parentheses are two subshells."""
        at, depth = start + 2, 0
        while at < len(self.text):
            letter = self.text[at]
            if letter in "'\"`$":
                at = skip_quoted(self.text, at, self.token.line)
                continue
            if letter == ")" and not depth:
                return at if self.text.startswith("))", at) else -1
            depth += (letter == "(") - (letter == ")")
            at += 1
        raise Incomplete("unexpected EOF while looking for matching `)'", self.token.line)

    def _paren(self) -> object:
        start, line = self.token.start, self.token.line
        if self.text.startswith("((", start) and self.kind == "bash":
            end = self._double_end(start)
            if end > 0:
                inner = self.text[start + 2 : end]
                while self.token.kind != "end" and self.token.start < end + 2:
                    self.at += 1
                return Arithmetic(inner, self.redirects(), line)
        self.take()
        body = self._body(")")
        if not self.is_op(")"):
            raise self.wanting(")")
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
        opening = self.take()
        kind, line = (Select if opening.text == "select" else For), opening.line
        start = self.token.start
        if self.is_op("(") and self.kind != "bash":
            raise SyntaxProblem("bad for loop variable", line)
        if self.is_op("(") and self.text.startswith("((", start):
            end = self._double_end(start)
            if end < 0:
                raise self.unexpected()
            parts = [*self.text[start + 2 : end].split(";"), "", "", ""]
            while self.token.kind != "end" and self.token.start < end + 2:
                self.at += 1
            body = self._do()
            return CFor(parts[0], parts[1], parts[2], body, self.redirects(), line)
        if self.token.kind != "word":
            raise self.misplaced()
        name = self.take().text
        self.newlines()
        words: tuple[Word, ...] | None = None
        if self.is_word("in"):
            self.take()
            found = []
            while self.token.kind == "word":
                found.append(Word(self.take().text))
            words = tuple(found)
        body = self._do()
        return kind(name, words, body, self.redirects(), line)

    def _do(self) -> Sequence:
        while self.is_op(";", "\n"):
            self.at += 1
        closing = "}" if self.is_word("{") else "done"
        self.expect("do", "{")
        body = self._body(closing)
        self.expect(closing)
        return body

    def _case(self) -> Case:
        line = self.take().line
        if self.token.kind != "word":
            raise self.unexpected()
        word = Word(self.take().text)
        self.newlines()
        self.expect("in")
        self.newlines()
        branches, ends = [], []
        while not self.is_word("esac"):
            if self.is_op("("):
                self.take()
            if self.token.kind == "end":
                raise self.wanting(")")
            patterns = [Word(self.take().text)]
            while self.is_op("|"):
                self.take()
                patterns.append(Word(self.take().text))
            if not self.is_op(")"):
                raise self.unexpected()
            self.take()
            body = self.sequence(("esac",))
            branches.append((tuple(patterns), body))
            ends.append(self.take().text if self.is_op(";;", ";&", ";;&") else ";;")
            self.newlines()
            if self.token.kind == "end":
                raise self.wanting(")")
        self.expect("esac")
        return Case(word, tuple(branches), self.redirects(), tuple(ends), line)

    def _conditional(self) -> Conditional:
        line = self.take().line
        words: list[Word] = []
        while not self.is_word("]]"):
            if self.is_op("\n"):
                self.at += 1
                continue
            if self.token.kind == "end":
                raise self.unexpected()
            words.append(Word(self._pattern() if words and words[-1].text == "=~" else self.take().text))
        self.take()
        return Conditional(tuple(words), self.redirects(), line)

    def _pattern(self) -> str:
        """The regular expression after `=~`: everything up to a blank outside brackets and quotes."""
        start = at = self.token.start
        depth, quote = 0, ""
        while at < len(self.text):
            letter = self.text[at]
            if quote:
                quote = "" if letter == quote else quote
            elif letter == "\\":
                at += 1
            elif letter in "'\"":
                quote = letter
            elif letter in "()":
                depth += 1 if letter == "(" else -1
            elif letter.isspace() and depth <= 0:
                break
            at += 1
        while self.token.kind != "end" and self.token.start < at:
            self.at += 1
        return self.text[start:at]

    def _coproc(self) -> Coproc:
        """`coproc NAME COMPOUND` or `coproc COMMAND`, whose name is COPROC."""
        self.take()
        following = self.tokens[self.at + 1]
        named = self.token.kind == "word" and self.token.text not in COMPOUND and (following.text in COMPOUND or following.text == "(")
        name = self.take().text if named else "COPROC"
        return Coproc(name, self.command())

    def _function(self) -> Function:
        self.take()
        if self.token.kind != "word":
            raise self.misplaced()
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
        variable = ""
        if (
            self.kind == "bash"
            and self.token.kind == "word"
            and VARIABLE.fullmatch(self.token.text)
            and self.tokens[self.at + 1].text in REDIRECTIONS
        ):
            if self.tokens[self.at + 1].start == self.token.start + len(self.token.text):
                variable = self.take().text[1:-1]
        if self.token.kind != "op" or self.token.text not in REDIRECTIONS:
            self.at = mark
            return None
        operator = self.take()
        if self.token.kind != "word":
            raise self.misplaced()
        target = Word(self.take().text)
        if fd < 0:
            fd = 0 if operator.text.startswith("<") else 1
        literal = any(letter in target.text for letter in "'\"\\")
        warning = ""
        if operator.last_line:
            wanted = re.sub(r"['\"\\]", "", target.text)
            warning = (
                f"line {max(operator.last_line - 1, 1)}: warning: here-document at line {operator.line} delimited by end-of-file (wanted `{wanted}')"
            )
        return Redirect(fd, operator.text, target, operator.heredoc, literal, variable, warning)

    def _line_of_command(self) -> int:
        """The line a simple command is told by: where the word behind its first one ends, for the parser has read that far."""
        first, second = self.token, self.tokens[self.at + 1]
        if second.kind == "word":
            return second.line + second.text.count("\n")
        return first.line + first.text.count("\n")

    def simple(self) -> Simple:
        """A simple command."""
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        line = self._line_of_command()
        while True:
            redirect = self._redirect()
            if redirect is not None:
                redirects.append(redirect)
                continue
            if self.token.kind != "word":
                break
            text = self.token.text
            assigned = (ASSIGNMENT if self.kind == "bash" else PLAIN_ASSIGNMENT).fullmatch(text)
            if assigned and not words:
                assignments.append((assigned[1] + ("+" if assigned[2] == "+=" else ""), Word(assigned[3])))
            else:
                words.append(Word(text))
            self.at += 1
        if not assignments and not words and not redirects:
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line)


@lru_cache(maxsize=512)
def parse(text: str, kind: str = "bash") -> Sequence:
    """The tree of a script for bash, ash or sh (dash); raises SyntaxProblem, which knows the lines before."""
    tokens, problem = tokens_of(text, kind)
    parser = Parser(text, tokens, kind=kind)
    try:
        tree = parser.script()
    except SyntaxProblem as found:
        if problem is None or not isinstance(found, Incomplete):
            problem = found
    if problem is not None:
        problem.before = Sequence(parser.done)
        raise problem
    return tree
