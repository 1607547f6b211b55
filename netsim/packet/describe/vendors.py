"""The few vendors whose address prefixes tcpdump knows by name."""

VENDORS = {
    bytes.fromhex(prefix): name
    for prefix, name in {
        "000000": "Ethernet", "00000c": "Cisco", "00005e": "IANA", "000081": "Nortel Networks SONMP", "0000f8": "Cisco bridged",
        "0080c2": "Ethernet bridged", "00a03e": "ATM Forum", "00e02f": "DOCSIS Spanning Tree", "080007": "Appletalk", "009069": "Juniper",
        "080009": "Hewlett-Packard", "00120f": "IEEE 802.3 Private", "0012bb": "ANSI/TIA", "001b21": "DCBX", "002320": "Nicira Networks",
        "5c16c7": "Big Switch Networks", "b0d2f5": "Vello Systems", "002481": "HP", "0004ea": "HP-Labs", "748771": "Infoblox Inc",
        "a42305": "Open Networking Lab", "00049f": "Freescale", "0015ad": "Netronome", "001018": "Broadcom", "00e004": "PMC-Sierra",
        "d0f0db": "Ericsson",
    }.items()
}  # fmt: skip
