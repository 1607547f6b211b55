"""What `netstat -s` says about each counter.

`#` is the number. `? ` is told only when it counts, `@in ` and `@out ` belong to the ICMP histograms, `@static ` is told only of
settings, which nobody asks for; an empty sentence is never told. The order matters: the tool searches by halves in tables that are
not quite sorted, and so misses some entries.
"""

from __future__ import annotations

Words = tuple[tuple[str, str], ...]

IP: Words = (
    ("DefaultTTL", "@static Default TTL is #"), ("Forwarding", "@static Forwarding is #"), ("ForwDatagrams", "# forwarded"),
    ("FragCreates", "? # fragments created"), ("FragFails", "? # outgoing packets failed fragmentation"),
    ("FragOKs", "? # outgoing packets fragmented ok"),
    ("InAddrErrors", "? # with invalid addresses"), ("InDelivers", "# incoming packets delivered"), ("InDiscards", "# incoming packets discarded"),
    ("InHdrErrors", "? # with invalid headers"), ("InReceives", "# total packets received"), ("InUnknownProtos", "? # with unknown protocol"),
    ("OutDiscards", "? # outgoing packets dropped"), ("OutNoRoutes", "? # dropped because of missing route"),
    ("OutRequests", "# requests sent out"), ("ReasmFails", "? # packet reassemblies failed"), ("ReasmOKs", "? # packets reassembled ok"),
    ("ReasmReqds", "? # reassemblies required"), ("ReasmTimeout", "? # fragments dropped after timeout"),
)  # fmt: skip
IP6: Words = (
    ("Ip6FragCreates", "? # fragments created"), ("Ip6FragFails", "? # outgoing packets failed fragmentation"),
    ("Ip6FragOKs", "? # outgoing packets fragmented ok"),
    ("Ip6InAddrErrors", "? # with invalid addresses"), ("Ip6InDelivers", "# incoming packets delivered"),
    ("Ip6InDiscards", "# incoming packets discarded"), ("Ip6InHdrErrors", "? # with invalid headers"),
    ("Ip6InMcastPkts", "? # incoming multicast packets"), ("Ip6InNoRoutes", "? # incoming packets with no route"),
    ("Ip6InReceives", "# total packets received"), ("Ip6InTooBigErrors", "? # with packets too big"),
    ("Ip6InTruncatedPkts", "? # with truncated packets"), ("Ip6InUnknownProtos", "? # with unknown protocol"),
    ("Ip6OutDiscards", "? # outgoing packets dropped"), ("Ip6OutForwDatagrams", "# forwarded"),
    ("Ip6OutMcastPkts", "? # outgoing multicast packets"), ("Ip6OutNoRoutes", "? # dropped because of missing route"),
    ("Ip6OutRequests", "# requests sent out"), ("Ip6ReasmFails", "? # packet reassemblies failed"),
    ("Ip6ReasmOKs", "? # packets reassembled ok"), ("Ip6ReasmReqds", "? # reassemblies required"),
    ("Ip6ReasmTimeout", "? # fragments dropped after timeout"),
)  # fmt: skip
ICMP: Words = (
    ("InAddrMaskReps", "@in address mask replies: #"), ("InAddrMasks", "@in address mask request: #"),
    ("InDestUnreachs", "@in destination unreachable: #"), ("InEchoReps", "@in echo replies: #"), ("InEchos", "@in echo requests: #"),
    ("InErrors", "# input ICMP message failed"), ("InMsgs", "# ICMP messages received"), ("InParmProbs", "@in wrong parameters: #"),
    ("InRedirects", "@in redirects: #"), ("InSrcQuenchs", "@in source quenches: #"), ("InTimeExcds", "@in timeout in transit: #"),
    ("InTimestampReps", "@in timestamp reply: #"), ("InTimestamps", "@in timestamp request: #"),
    ("OutAddrMaskReps", "@out address mask replies: #"), ("OutAddrMasks", "@out address mask requests: #"),
    ("OutDestUnreachs", "@out destination unreachable: #"), ("OutEchoReps", "@out echo replies: #"), ("OutEchos", "@out echo requests: #"),
    ("OutErrors", "# ICMP messages failed"), ("OutMsgs", "# ICMP messages sent"), ("OutParmProbs", "@out wrong parameters: #"),
    ("OutRedirects", "@out redirect: #"), ("OutSrcQuenchs", "@out source quench: #"), ("OutTimeExcds", "@out time exceeded: #"),
    ("OutTimestampReps", "@out timestamp replies: #"), ("OutTimestamps", "@out timestamp requests: #"),
)  # fmt: skip
ICMP6: Words = (
    ("Icmp6InDestUnreachs", "@in destination unreachable: #"), ("Icmp6InEchoReplies", "@in echo replies: #"),
    ("Icmp6InEchos", "@in echo requests: #"), ("Icmp6InErrors", "# input ICMP message failed"),
    ("Icmp6InGroupMembQueries", "@in group member queries: #"), ("Icmp6InGroupMembReductions", "@in group member reductions: #"),
    ("Icmp6InGroupMembResponses", "@in group member responses: #"), ("Icmp6InMsgs", "# ICMP messages received"),
    ("Icmp6InNeighborAdvertisements", "@in neighbour advertisement: #"), ("Icmp6InNeighborSolicits", "@in neighbour solicits: #"),
    ("Icmp6InParmProblems", "@in parameter problem: #"), ("Icmp6InPktTooBigs", "@in packets too big: #"),
    ("Icmp6InRedirects", "@in redirects: #"), ("Icmp6InRouterAdvertisements", "@in router advertisement: #"),
    ("Icmp6InRouterSolicits", "@in router solicits: #"), ("Icmp6InTimeExcds", "@in received ICMPv6 time exceeded: #"),
    ("Icmp6OutDestUnreachs", "@out destination unreachable: #"), ("Icmp6OutEchoReplies", "@out echo replies: #"),
    ("Icmp6OutEchos", "@out echo requests: #"), ("Icmp6OutGroupMembQueries", "@out group member queries: #"),
    ("Icmp6OutGroupMembReductions", "@out group member reductions: #"), ("Icmp6OutGroupMembResponses", "@out group member responses: #"),
    ("Icmp6OutMsgs", "# ICMP messages sent"), ("Icmp6OutNeighborAdvertisements", "@out neighbor advertisements: #"),
    ("Icmp6OutNeighborSolicits", "@out neighbor solicits: #"), ("Icmp6OutParmProblems", "@out parameter problem: #"),
    ("Icmp6OutPktTooBigs", "@out packets too big: #"), ("Icmp6OutRedirects", "@out redirects: #"),
    ("Icmp6OutRouterAdvertisements ", "@out router advertisement: #"), ("Icmp6OutRouterSolicits", "@out router solicits: #"),
    ("Icmp6OutTimeExcds", "@out sent ICMPv6 time exceeded: #"),
)  # fmt: skip
TCP: Words = (
    ("ActiveOpens", "# active connection openings"), ("AttemptFails", "# failed connection attempts"), ("CurrEstab", "# connections established"),
    ("EstabResets", "# connection resets received"), ("InErrs", "# bad segments received"), ("InSegs", "# segments received"), ("MaxConn", ""),
    ("OutRsts", "# resets sent"), ("OutSegs", "# segments sent out"), ("PassiveOpens", "# passive connection openings"),
    ("RetransSegs", "# segments retransmitted"), ("RtoAlgorithm", "@static RTO algorithm is #"), ("RtoMax", ""), ("RtoMin", ""),
)  # fmt: skip
UDP: Words = (
    ("InDatagrams", "# packets received"), ("InErrors", "# packet receive errors"), ("NoPorts", "# packets to unknown port received"),
    ("OutDatagrams", "# packets sent"), ("RcvbufErrors", "# receive buffer errors"), ("SndbufErrors", "# send buffer errors"),
)  # fmt: skip
UDP6: Words = (
    ("Udp6InDatagrams", "# packets received"), ("Udp6InErrors", "# packet receive errors"),
    ("Udp6NoPorts", "# packets to unknown port received"), ("Udp6OutDatagrams", "# packets sent"),
)  # fmt: skip
TCP_EXT: Words = (
    ("DelayedACKLocked", "? # delayed acks further delayed because of locked socket"), ("DelayedACKLost", "? Quick ack mode was activated # times"),
    ("DelayedACKs", "? # delayed acks sent"), ("EmbryonicRsts", "? # resets received for embryonic SYN_RECV sockets"),
    ("ListenDrops", "? # SYNs to LISTEN sockets dropped"), ("ListenOverflows", "? # times the listen queue of a socket overflowed"),
    ("LockDroppedIcmps", "? # ICMP packets dropped because socket was locked"),
    ("OfoPruned", "? # packets dropped from out-of-order queue because of socket buffer overrun"),
    ("OutOfWindowIcmps", "? # ICMP packets dropped because they were out-of-window"),
    ("PAWSActive", "? # active connections rejected because of time stamp"),
    ("PAWSEstab", "? # packetes rejected in established connections because of timestamp"),
    ("PAWSPassive", "? # passive connections rejected because of time stamp"),
    ("PruneCalled", "? # packets pruned from receive queue because of socket buffer overrun"),
    ("RcvPruned", "? # packets pruned from receive queue"), ("SockMallocOOM", "? Ran # times out of system memory during packet sending"),
    ("SyncookiesFailed", "? # invalid SYN cookies received"), ("SyncookiesRecv", "? # SYN cookies received"),
    ("SyncookiesSent", "? # SYN cookies sent"), ("TCPAbortFailed", "? # times unable to send RST due to no memory"),
    ("TCPAbortOnClose", "? # connections reset due to early user close"),
    ("TCPAbortOnData", "? # connections reset due to unexpected data"),
    ("TCPAbortOnLinger", "? # connections aborted after user close in linger timeout"),
    ("TCPAbortOnMemory", "? # connections aborted due to memory pressure"), ("TCPAbortOnSyn", "? # connections reset due to unexpected SYN"),
    ("TCPAbortOnTimeout", "? # connections aborted due to timeout"),
    ("TCPDirectCopyFromBacklog", "? # bytes directly in process context from backlog"),
    ("TCPDirectCopyFromPrequeue", "? # bytes directly received in process context from prequeue"),
    ("TCPDSACKOfoRecv", "? # DSACKs for out of order packets received"), ("TCPDSACKOfoSent", "? # DSACKs sent for out of order packets"),
    ("TCPDSACKOldSent", "? # DSACKs sent for old packets"), ("TCPDSACKRecv", "? # DSACKs received"),
    ("TCPDSackUndo", "? # congestion window recovered without slow start using DSACK"),
    ("TCPDSACKUndo", "? # congestion windows recovered without slow start by DSACK"),
    ("TCPFACKReorder", "? Detected reordering # times using FACK"), ("TCPFastRetrans", "? # fast retransmits"),
    ("TCPForwardRetrans", "? # forward retransmits"), ("TCPFullUndo", "? # congestion windows fully recovered without slow start"),
    ("TCPHPAcks", "? # predicted acknowledgments"), ("TCPHPHits", "# packet headers predicted"),
    ("TCPHPHitsToUser", "? # packet headers predicted and directly queued to user"), ("TCPLossFailures", "? # timeouts in loss state"),
    ("TCPLoss", "? # TCP data loss events"), ("TCPLossUndo", "? # congestion windows recovered without slow start after partial ack"),
    ("TCPLostRetransmits", "? # retransmits lost"), ("TCPMemoryPressures", "? TCP ran low on memory # times"),
    ("TCPPartialUndo", "? # congestion windows partially recovered using Hoe heuristic"),
    ("TCPPrequeued", "? # packets directly queued to recvmsg prequeue"), ("TCPPrequeueDropped", "? # packets dropped from prequeue"),
    ("TCPPureAcks", "? # acknowledgments not containing data payload received"),
    ("TCPRcvCollapsed", "? # packets collapsed in receive queue due to low socket buffer"),
    ("TCPRenoFailures", "? # timeouts after reno fast retransmit"), ("TCPRenoRecoveryFailed", "? # reno fast retransmits failed"),
    ("TCPRenoRecoveryFail", "? # classic Reno fast retransmits failed"),
    ("TCPRenoRecovery", "? # times recovered from packet loss due to fast retransmit"),
    ("TCPRenoReorder", "? Detected reordering # times using reno fast retransmit"),
    ("TCPSackFailures", "? # timeouts after SACK recovery"), ("TCPSackRecoveryFail", "? # SACK retransmits failed"),
    ("TCPSackRecovery", "? # times recovered from packet loss by selective acknowledgements"),
    ("TCPSACKReneging", "? # bad SACK blocks received"), ("TCPSACKReorder", "? Detected reordering # times using SACK"),
    ("TCPSchedulerFailed", "? # times receiver scheduled too late for direct processing"),
    ("TCPSlowStartRetrans", "? # retransmits in slow start"), ("TCPTimeouts", "? # other TCP timeouts"),
    ("TCPTSReorder", "? Detected reordering # times using time stamp"), ("TWKilled", "? # TCP sockets finished time wait in slow timer"),
    ("TW", "? # TCP sockets finished time wait in fast timer"), ("TWRecycled", "? # time wait sockets recycled by time stamp"),
)  # fmt: skip
WORDS: dict[str, Words] = {"Ip": IP, "Icmp": ICMP, "Tcp": TCP, "Udp": UDP, "TcpExt": TCP_EXT}
WORDS6: dict[str, Words] = {"Ip6": IP6, "Icmp6": ICMP6, "Udp6": UDP6, "Tcp6": TCP}


def sentence(words: Words, name: str) -> str | None:
    """The entry of a counter, found as bsearch(3) finds it, or not."""
    low, high = 0, len(words)
    while low < high:
        middle = (low + high) // 2
        if name == words[middle][0]:
            return words[middle][1]
        if name < words[middle][0]:
            high = middle
        else:
            low = middle + 1
    return None
