"""Lines of shell drawn at random: words with every kind of expansion in commands that show what became of them."""

from __future__ import annotations

from random import Random

STATES = (
    "x=abc", "y='d e'", "a=(1 'b c' d)", "e=", "declare -A m=([k]=v [q]=w)", "set -- p 'q r' s", "IFS=:", "IFS=' '", "x=a:b::c", "n=5", "y=$'t\\tb'", "set -u",
    "shopt -s extglob", "unset x", "declare -i n=3", "x=10.0.0.1/24",
)  # fmt: skip
NAMES = ("x", "y", "a", "e", "nope", "1", "2", "@", "*", "n", "m")
PATTERNS = ("*", "?", "a*", "*.*", "[a-c]", "[!a]", "b", "'*'", '"$y"', "$x", "*b", "[[:alpha:]]", "[0-9]*", ".", "@(a|b)", "+([0-9])")
PLAIN = ("lit", "a\\ b", "'s q'", '"d q"', "~", "{1..3}", "{a,b}", "x{1,2}y", "''", '""', "a=b", "\\$x", "-n", "--", "$'a\\tb'", "~/c", "a=~")
ARRAYS = (
    "${!a[@]}", '"${!a[@]}"', "${m[k]}", '"${m[@]}"', "${!m[@]}", "${a[@]:1}", '"${a[@]:0:2}"', "${a[@]/b/Z}", '"${a[*]}"', "${a[@]%d}", "${a[@]^^}", "${a[-1]}",
)  # fmt: skip
CHANGED = ("${x^}", "${x^^}", "${y,,}", "${x@Q}", "${y@Q}", "${a[@]@Q}", "${x~~}", "${!x}", "${!nope}", "${x:?}", "${x?}")
USUAL = ("a", "b", "1", "$x", '"$y"', "$@", '"$@"', "$*", '"$*"', "$#")
SHOWN = ("$x", '"$y"', "/etc", "nope", "x", "$nope")
REGEXES = ("^a", "b+", "(a)(b)?", "[0-9]+", "$y", '"$y"', "^[[:alpha:]]*$")
OPERATORS = ("+", "-", "*", "/", "%", "<<", "&", "|", "^", "<", ">", "==", "&&", "||", ",")


class Drawn:
    """One stream of lines."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.pick = self.random.choice

    def quoted(self, text: str) -> str:
        return self.pick((text, f'"{text}"'))

    def word(self, depth: int = 0) -> str:
        kind, name = self.random.randrange(16), self.pick(NAMES)
        if kind == 0:
            return self.pick(PLAIN)
        if kind < 3:
            return self.quoted(self.pick(("${%s}", "$%s")) % name)
        if kind == 3:
            return "${%s%s%s}" % (name, self.pick((":-", "-", ":+", "+")), self.pick(("w", "a b", "$x", '"q  r"', "'s'")))
        if kind == 4:
            return '"${%s%s%s}"' % (name, self.pick((":-", "-", ":+", "+")), self.pick(("w", "a b", "$x", "'q'", "")))
        if kind == 5:
            return self.quoted("${%s%s%s}" % (name, self.pick(("#", "##", "%", "%%")), self.pick(PATTERNS)))
        if kind == 6:
            return self.quoted(
                "${%s%s%s/%s}" % (name, self.pick(("/", "//", "/#", "/%")), self.pick(PATTERNS), self.pick(("", "Z", "$x", "&", "a b")))
            )
        if kind == 7:
            return self.quoted("${%s:%s}" % (name, self.pick(("1", "0:2", " -1", "1:1", "n", "2:9", " -2:1"))))
        if kind == 8:
            return "${#%s}" % self.pick(("x", "y", "a", "a[@]", "a[1]", "nope", "@", "*", "m[@]", "e"))
        if kind == 9:
            return self.pick(ARRAYS)
        if kind == 10:
            return f"$(({self.arithmetic()}))"
        if kind == 11:
            return self.quoted("$(%s)" % self.pick(("echo $x", "echo 'a  b'", "printf '%s\\n' a b", "false", "printf 'x\\n\\n'")))
        if kind == 12:
            return self.pick(CHANGED)
        if kind == 13 and depth < 2:
            return self.word(depth + 1) + self.word(depth + 1)
        return self.pick(USUAL)

    def words(self, most: int) -> str:
        return " ".join(self.word() for _ in range(self.random.randrange(most)))

    def arithmetic(self, depth: int = 0) -> str:
        kind = self.random.randrange(8) if depth < 3 else 0
        if kind < 3:
            return self.pick(("1", "n", "x", "3", "a[0]", "07", "0x1f", "n++", "--n"))
        if kind == 3:
            return f"({self.arithmetic(depth + 1)})"
        if kind == 4:
            return "?".join((self.arithmetic(depth + 1), ":".join((self.arithmetic(depth + 1), self.arithmetic(depth + 1)))))
        if kind == 5:
            return self.pick("!-~+") + self.arithmetic(depth + 1)
        return self.arithmetic(depth + 1) + self.pick(OPERATORS) + self.arithmetic(depth + 1)

    def condition(self, depth: int = 0) -> str:
        kind = self.random.randrange(8) if depth < 3 else 7
        if kind == 0:
            return f"! {self.condition(depth + 1)}"
        if kind == 1:
            return f"( {self.condition(depth + 1)} )"
        if kind in (2, 3):
            return f"{self.condition(depth + 1)} {('&&', '||')[kind - 2]} {self.condition(depth + 1)}"
        if kind == 4:
            return f"{self.pick(('-z', '-n', '-f', '-d', '-e', '-v'))} {self.pick(SHOWN)}"
        if kind == 5:
            return f"{self.pick(('$n', '1', 'x', '3'))} {self.pick(('-eq', '-lt', '-gt', '-ne'))} {self.pick(('$n', '2', 'n', '1+1'))}"
        if kind == 6:
            return f"$x =~ {self.pick(REGEXES)}"
        return f"{self.pick(SHOWN)} {self.pick(('==', '!=', '='))} {self.pick(PATTERNS)}"

    def command(self, depth: int = 0) -> str:
        kind = self.random.randrange(20)
        if kind < 6:
            return f"printf '[%s]' {self.words(4)}; echo"
        if kind == 6:
            return f"[[ {self.condition()} ]]; echo $?"
        if kind == 7:
            return f"(({self.arithmetic()})); echo $? $n"
        if kind == 8:
            return f'for i in {self.word()}; do echo "<$i>"; done'
        if kind == 9:
            return f"case {self.word(1)} in {self.pick(PATTERNS[:14])}) echo 1;; *) echo 2;; esac"
        if kind == 10:
            return f'x={self.word()}; echo "[$x]"'
        if kind == 11:
            return f'a=({self.words(4)}); echo ${{#a[@]}} "${{a[@]}}"'
        if kind == 12:
            return f"set -- {self.words(4)}; echo $#"
        if kind == 13:
            names, ifs = self.pick(("p q", "-r p q", "p", "-n 2 p", "-d b p", "", "-r p q z")), self.pick((":", "' '", "", "','", "': '"))
            text = self.pick(("'a b c'", '"$x"', "' a : b '", "'a::b'", "'a\\ b\\c'", "a:"))
            return f'IFS={ifs} read {names} <<< {text}; echo "[$p][$q][$REPLY]"'
        if kind == 14:
            return f'f() {{ local x={self.word(1)}; echo "$x" $#; return {self.pick(("0", "3", "", "x"))}; }}; f {self.word()}; echo $?'
        if kind == 15:
            return f"printf '%{self.pick(('d', '5s', '-5s|', 'x', 'q', 'b', 'c', '.2s', '03d', 's', 'i', 'u', 'z'))}\\n' {self.word()}"
        if kind == 16:
            verb = self.pick(("export", "declare", "readonly", "unset", "declare -i", "local", "typeset -u", "declare -a"))
            return f"{verb} {self.pick(('x', 'y=1', 'z=' + self.word(1), '1x', 'n=2+3'))}; echo $?; declare -p x"
        if kind == 17:
            return f"echo {self.word(1)} {self.pick(('> /dev/null', '2>&1', '> /nosuch/x', '>&2', '2>/dev/null', '< /dev/null', '>&9', '> $nope'))}; echo $?"
        if kind == 18 and depth < 2:
            return self.pick(("{ %s; } | cat", "(%s); echo $?")) % self.command(depth + 1)
        return f"cat <<< {self.word()}"

    def line(self) -> str:
        states = self.random.sample(STATES, self.random.randrange(5))
        return "; ".join([*states, *(self.command() for _ in range(self.random.randrange(1, 4)))])
