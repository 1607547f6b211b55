"""What tc says about disciplines with classes and fair queues, classes and filters."""

from __future__ import annotations

HTB = """\
Usage: ... qdisc add ... htb [default N] [r2q N]
                      [direct_qlen P] [offload]
 default  minor id of class to which unclassified packets are sent {0}
 r2q      DRR quantums are computed as rate in Bps/r2q {10}
 debug    string of 16 numbers each 0-3 {0}

 direct_qlen  Limit of the direct queue {in packets}
 offload  enable hardware offload
... class add ... htb rate R1 [burst B1] [mpu B] [overhead O]
                      [prio P] [slot S] [pslot PS]
                      [ceil R2] [cburst B2] [mtu MTU] [quantum Q]
 rate     rate allocated to this class (class can still borrow)
 burst    max bytes burst which can be accumulated during idle period {computed}
 mpu      minimum packet size used in rate computations
 overhead per-packet size overhead used in rate computations
 linklay  adapting to a linklayer e.g. atm
 ceil     definite upper class rate (no borrows) {rate}
 cburst   burst but for ceil {computed}
 mtu      max packet size we create rate map for {1600}
 prio     priority of leaf; lower are served first {0}
 quantum  how much bytes to serve from leaf at once {use r2q}

TC HTB version 3.3
"""
CLASS = """\
Usage: tc class [ add | del | change | replace | show ] dev STRING
       [ classid CLASSID ] [ root | parent CLASSID ]
       [ [ QDISC_KIND ] [ help | OPTIONS ] ]

       tc class show [ dev STRING ] [ root | parent CLASSID ]
Where:
QDISC_KIND := { prio | cbq | etc. }
OPTIONS := ... try tc class add <desired QDISC_KIND> help
"""
FILTER = """\
Usage: tc filter [ add | del | change | replace | show ] [ dev STRING ]
       tc filter [ add | del | change | replace | show ] [ block BLOCK_INDEX ]
       tc filter get dev STRING parent CLASSID protocol PROTO handle FILTERID pref PRIO FILTER_TYPE
       tc filter get block BLOCK_INDEX protocol PROTO handle FILTERID pref PRIO FILTER_TYPE
       [ pref PRIO ] protocol PROTO [ chain CHAIN_INDEX ]
       [ estimator INTERVAL TIME_CONSTANT ]
       [ root | ingress | egress | parent CLASSID ]
       [ handle FILTERID ] [ [ FILTER_TYPE ] [ help | OPTIONS ] ]

       tc filter show [ dev STRING ] [ root | ingress | egress | parent CLASSID ]
       tc filter show [ block BLOCK_INDEX ]
Where:
FILTER_TYPE := { rsvp | u32 | bpf | fw | route | etc. }
FILTERID := ... format depends on classifier, see there
OPTIONS := ... try tc filter add <desired FILTER_KIND> help
"""
U32 = """\
Usage: ... u32 [ match SELECTOR ... ] [ link HTID ] [ classid CLASSID ]
               [ action ACTION_SPEC ] [ offset OFFSET_SPEC ]
               [ ht HTID ] [ hashkey HASHKEY_SPEC ]
               [ sample SAMPLE ] [skip_hw | skip_sw]
or         u32 divisor DIVISOR

Where: SELECTOR := SAMPLE SAMPLE ...
       SAMPLE := { ip | ip6 | udp | tcp | icmp | u{32|16|8} | mark }
                 SAMPLE_ARGS [ divisor DIVISOR ]
       FILTERID := X:Y:Z

NOTE: CLASSID is parsed at hexadecimal input.
"""
GACT = """\
Usage: ... gact <ACTION> [RAND] [INDEX]
Where: \tACTION := reclassify | drop | continue | pass | pipe |
       \t          goto chain <CHAIN_INDEX> | jump <JUMP_COUNT>
\tRAND := random <RANDTYPE> <ACTION> <VAL>
\tRANDTYPE := netrand | determ
\tVAL : = value not exceeding 10000
\tJUMP_COUNT := Absolute jump from start of action list
\tINDEX := index value used
"""
FLOWER = """\
Usage: ... flower\t[ MATCH-LIST ] [ verbose ]
\t\t\t[ skip_sw | skip_hw ]
\t\t\t[ action ACTION-SPEC ] [ classid CLASSID ]

Where: MATCH-LIST := [ MATCH-LIST ] MATCH
       MATCH      := {\tindev DEV-NAME |
\t\t\tnum_of_vlans VLANS_COUNT |
\t\t\tvlan_id VID |
\t\t\tvlan_prio PRIORITY |
\t\t\tvlan_ethtype [ ipv4 | ipv6 | ETH-TYPE ] |
\t\t\tcvlan_id VID |
\t\t\tcvlan_prio PRIORITY |
\t\t\tcvlan_ethtype [ ipv4 | ipv6 | ETH-TYPE ] |
\t\t\tpppoe_sid PSID |
\t\t\tppp_proto [ ipv4 | ipv6 | mpls_uc | mpls_mc | PPP_PROTO ]\t\t\tdst_mac MASKED-LLADDR |
\t\t\tsrc_mac MASKED-LLADDR |
\t\t\tip_proto [tcp | udp | sctp | icmp | icmpv6 | IP-PROTO ] |
\t\t\tip_tos MASKED-IP_TOS |
\t\t\tip_ttl MASKED-IP_TTL |
\t\t\tmpls LSE-LIST |
\t\t\tmpls_label LABEL |
\t\t\tmpls_tc TC |
\t\t\tmpls_bos BOS |
\t\t\tmpls_ttl TTL |
\t\t\tdst_ip PREFIX |
\t\t\tsrc_ip PREFIX |
\t\t\tdst_port PORT-NUMBER |
\t\t\tsrc_port PORT-NUMBER |
\t\t\ttcp_flags MASKED-TCP_FLAGS |
\t\t\ttype MASKED-ICMP-TYPE |
\t\t\tcode MASKED-ICMP-CODE |
\t\t\tarp_tip IPV4-PREFIX |
\t\t\tarp_sip IPV4-PREFIX |
\t\t\tarp_op [ request | reply | OP ] |
\t\t\tarp_tha MASKED-LLADDR |
\t\t\tarp_sha MASKED-LLADDR |
\t\t\tenc_dst_ip [ IPV4-ADDR | IPV6-ADDR ] |
\t\t\tenc_src_ip [ IPV4-ADDR | IPV6-ADDR ] |
\t\t\tenc_key_id [ KEY-ID ] |
\t\t\tenc_tos MASKED-IP_TOS |
\t\t\tenc_ttl MASKED-IP_TTL |
\t\t\tgeneve_opts MASKED-OPTIONS |
\t\t\tvxlan_opts MASKED-OPTIONS |
                       erspan_opts MASKED-OPTIONS |
\t\t\tgtp_opts MASKED-OPTIONS |
\t\t\tip_flags IP-FLAGS |
\t\t\tenc_dst_port [ port_number ] |
\t\t\tct_state MASKED_CT_STATE |
\t\t\tct_label MASKED_CT_LABEL |
\t\t\tct_mark MASKED_CT_MARK |
\t\t\tct_zone MASKED_CT_ZONE }
\tLSE-LIST := [ LSE-LIST ] LSE
\tLSE := lse depth DEPTH { label LABEL | tc TC | bos BOS | ttl TTL }
\tFILTERID := X:Y:Z
\tMASKED_LLADDR := { LLADDR | LLADDR/MASK | LLADDR/BITS }
\tMASKED_CT_STATE := combination of {+|-} and flags trk,est,new,rel,rpl,inv
\tACTION-SPEC := ... look at individual actions

NOTE:\tCLASSID, IP-PROTO are parsed as hexadecimal input.
NOTE:\tThere can be only used one mask per one prio. If user needs
\tto specify different mask, he has to use different prio.
"""
MATCHALL = """\
Usage: ... matchall [skip_sw | skip_hw]
                 [ action ACTION_SPEC ] [ classid CLASSID ]

Where: SELECTOR := SAMPLE SAMPLE ...
       FILTERID := X:Y:Z
       ACTION_SPEC := ... look at individual actions

NOTE: CLASSID is parsed as hexadecimal input.
"""
FW = """\
Usage: ... fw [ classid CLASSID ] [ indev DEV ] [ action ACTION_SPEC ]
\tCLASSID := Push matching packets to the class identified by CLASSID with format X:Y
\t\tCLASSID is parsed as hexadecimal input.
\tDEV := specify device for incoming device classification.
\tACTION_SPEC := Apply an action on matching packets.
\tNOTE: handle is represented as HANDLE[/FWMASK].
\t\tFWMASK is 0xffffffff by default.
"""
SFQ = """\
Usage: ... sfq\t[ limit NUMBER ] [ perturb SECS ] [ quantum BYTES ]
\t\t[ divisor NUMBER ] [ flows NUMBER] [ depth NUMBER ]
\t\t[ headdrop ]
\t\t[ redflowlimit BYTES ] [ min BYTES ] [ max BYTES ]
\t\t[ avpkt BYTES ] [ burst PACKETS ] [ probability P ]
\t\t[ ecn ] [ harddrop ]
"""
FQ_CODEL = """\
Usage: ... fq_codel\t[ limit PACKETS ] [ flows NUMBER ]
[ memory_limit BYTES ]
[ target TIME ] [ interval TIME ]
[ quantum BYTES ] [ [no]ecn ]
[ ce_threshold TIME ]
[ ce_threshold_selector VALUE/MASK ]
[ drop_batch SIZE ]
"""
FQ = """\
Usage: ... fq\t[ limit PACKETS ] [ flow_limit PACKETS ]
\t\t[ quantum BYTES ] [ initial_quantum BYTES ]
\t\t[ maxrate RATE  ] [ buckets NUMBER ]
\t\t[ [no]pacing ] [ refill_delay TIME ]
\t\t[ low_rate_threshold RATE ]
\t\t[ orphan_mask MASK]
\t\t[ timer_slack TIME]
\t\t[ ce_threshold TIME ]
\t\t[ horizon TIME ]
\t\t[ horizon_{cap|drop} ]
"""
