"""Go templates, as `--format` takes them (text/template, with Docker's functions).

Values are what JSON has: dicts (maps: shown in the order of their keys), lists, text, numbers, booleans, None. A `Struct` is a dict whose unknown
fields are an error that names its Go type.
"""

from netsim.commands.docker.template.execute import check, render
from netsim.commands.docker.template.values import NIL, ByPort, Moment, NilList, NilMap, Pointed, Pointers, Struct, TemplateError, Texts

__all__ = ["NIL", "ByPort", "Moment", "NilList", "NilMap", "Pointed", "Pointers", "Struct", "TemplateError", "Texts", "check", "render"]
