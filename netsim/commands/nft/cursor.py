"""Going through words, with nft's complaints about what stands in the wrong place."""

from __future__ import annotations

import attrs

from netsim.commands.nft.lexer import NftError, Token

KEYWORDS = frozenset(
    [
        "table",
        "chain",
        "rule",
        "set",
        "map",
        "element",
        "ruleset",
        "accept",
        "drop",
        "return",
        "jump",
        "goto",
        "continue",
        "counter",
        "limit",
        "vmap",
        "type",
        "hook",
        "handle",
    ]
)
NAMES = {"\n": "newline", ";": "semicolon", "": "end of file"}


@attrs.define(eq=False)
class Cursor:
    """Words and where we are; `defines` are the `$names` and what they stand for."""

    tokens: list[Token]
    at: int = 0
    defines: dict[str, list[Token]] = attrs.field(factory=dict)

    def peek(self, ahead: int = 0) -> Token:
        """The next word, not taken; a `$name` is replaced by what it stands for."""
        token = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        if token.kind == "word" and token.text.startswith("$") and not ahead:
            name = token.text[1:]
            if name not in self.defines:
                raise NftError(f"unknown identifier '{name}'", [token])
            self.tokens[self.at : self.at + 1] = [
                attrs.evolve(word, line=token.line, start=token.start, end=token.end) for word in self.defines[name]
            ]
            return self.peek()
        return token

    def take(self) -> Token:
        """The next word."""
        token = self.peek()
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        """Take the next word if it is this one."""
        token = self.peek()
        if token.text == text and token.kind != "string":
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> Token:
        """The next word must be this one."""
        token = self.peek()
        if token.text != text or token.kind == "string":
            raise self.unexpected(NAMES.get(text, f"'{text}'" if not text.isalpha() else text))
        return self.take()

    def word(self, expecting: str = "string") -> Token:
        """The next must be a name."""
        token = self.peek()
        if token.kind not in ("word", "string"):
            raise self.unexpected(expecting)
        return self.take()

    def unexpected(self, expecting: str = "") -> NftError:
        """The complaint about the next word."""
        token = self.peek()
        what = NAMES.get(token.text, f"'{token.text}'" if token.kind == "punct" else token.text if token.text in KEYWORDS else "string")
        return NftError(f"syntax error, unexpected {what}" + (f", expecting {expecting}" if expecting else ""), [token])

    def skip_newlines(self) -> None:
        """Blank lines and semicolons."""
        while self.peek().kind == "newline" or self.peek().text == ";":
            self.at += 1

    @property
    def at_end(self) -> bool:
        """Whether a statement ends here."""
        token = self.peek()
        return token.kind in ("newline", "end") or (token.kind == "punct" and token.text in (";", "}"))
