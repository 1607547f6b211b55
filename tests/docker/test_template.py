"""Go templates: each line is what Go 1.22's text/template with Docker's functions prints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.commands.docker.template import Struct, TemplateError, render

DATA = {
    "Id": "0123456789abcdef", "Name": "/web", "Running": True, "Code": 137, "Nothing": None, "Links": [], "Ports": {"80/tcp": [{"HostPort": "8080"}], "53/udp": None},
    "Networks": {"b": {"IP": "10.0.0.2"}, "a": {"IP": "10.1.0.2"}}, "Args": ["-c", "echo <&>"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Name}} {{.Code}} {{.Running}}", "/web 137 true"),
        ("{{json .Args}}", '["-c","echo <&>"]'),
        ("{{range .Networks}}{{.IP}} {{end}}", "10.1.0.2 10.0.0.2 "),
        ("{{range $name, $net := .Networks}}{{$name}}={{$net.IP}} {{end}}", "a=10.1.0.2 b=10.0.0.2 "),
        ("{{range .Links}}x{{else}}none{{end}}", "none"),
        ('{{(index .Networks "a").IP}}', "10.1.0.2"),
        ('{{(index (index .Ports "80/tcp") 0).HostPort}}', "8080"),
        ("{{slice .Id 0 12}}", "0123456789ab"),
        ("{{if eq .Code 0}}ok{{else if gt .Code 128}}killed{{else}}failed{{end}}", "killed"),
        ("{{with .Nothing}}{{.}}{{else}}nothing{{end}}", "nothing"),
        ("{{.Nothing}} {{.Args}} {{.Networks}}", "<no value> [-c echo <&>] map[a:map[IP:10.1.0.2] b:map[IP:10.0.0.2]]"),
        ('{{printf "%-6s|%05d|%q" .Name .Code .Name}}', '/web  |00137|"/web"'),
        ('{{.Name | upper | printf "<%s>"}}', "</WEB>"),
        ('{{join .Args ","}} {{len .Args}}', "-c,echo <&> 2"),
        ("a {{- /* note */ -}} b {{- .Code -}} c", "ab137c"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
        ("{{range $i, $a := .Args}}{{if $i}}{{break}}{{end}}{{$a}}{{end}}", "-c"),
        ('{{println 1 "a"}}{{print 1 2 "a" 3}}', "1 a\n1 2a3"),
        ('{{not .Running}} {{and .Running .Code}} {{or .Nothing "x"}}', "false 137 x"),
        ('{{html "<a href=\'x\'> & \\"y\\""}}', "&lt;a href=&#39;x&#39;&gt; &amp; &#34;y&#34;"),
        ('{{js "<a href=\'x\'> & \\"y\\""}}', r"\u003Ca href\u003D\'x\'\u003E \u0026 \"y\""),
        ('{{urlquery "a b/c&d~e"}}', "a+b%2Fc%26d~e"),
    ],
)
def test_what_go_prints(template: str, text: str) -> None:
    assert render(template, DATA) == text


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{{.Nope}}", 'template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"'),
        ("{{range}}", "template: :1: missing value for range"),
        ("{{.Name", "template: :1: unclosed action"),
        ("{{if .Name}}x", "template: :1: unexpected EOF"),
        ("{{nosuch .}}", 'template: :1: function "nosuch" not defined'),
        ("{{index .Args 7}}", 'template: :1:2: executing "" at <index .Args 7>: error calling index: index out of range: 7'),
    ],
)
def test_what_go_refuses(template: str, problem: str) -> None:
    with pytest.raises(TemplateError) as told:
        render(template, DATA)
    assert str(told.value) == problem


def test_a_struct_names_its_type() -> None:
    with pytest.raises(TemplateError) as told:
        render("{{.Nope}}", Struct({"ID": "1"}, "*network.networkContext"))
    assert str(told.value) == 'template: :1:2: executing "" at <.Nope>: can\'t evaluate field Nope in type *network.networkContext'


@given(st.text(alphabet='{}.$|"`()-/* \nabIdNamejsonrangewithifelseend0123456789:=,', max_size=40))
def test_garbage_is_refused_or_filled(text: str) -> None:
    try:
        render(text, DATA)
    except TemplateError as problem:
        assert str(problem)
