"""Names of the counters in /proc/net/snmp, netstat and snmp6, in the kernel's order; `NAME@603` came with release 6.3 (`snmp_mib` tables)."""

from __future__ import annotations

SNMP_TABLES: dict[str, tuple[str, ...]] = {
    "Ip": (
        "Forwarding", "DefaultTTL", "InReceives", "InHdrErrors", "InAddrErrors", "ForwDatagrams", "InUnknownProtos", "InDiscards",
        "InDelivers", "OutRequests", "OutDiscards", "OutNoRoutes", "ReasmTimeout", "ReasmReqds", "ReasmOKs", "ReasmFails", "FragOKs",
        "FragFails", "FragCreates", "OutTransmits@606",
    ),
    "Icmp": (
        "InMsgs", "InErrors", "InCsumErrors", "InDestUnreachs", "InTimeExcds", "InParmProbs", "InSrcQuenchs", "InRedirects", "InEchos",
        "InEchoReps", "InTimestamps", "InTimestampReps", "InAddrMasks", "InAddrMaskReps", "OutMsgs", "OutErrors", "OutRateLimitGlobal@603",
        "OutRateLimitHost@603", "OutDestUnreachs", "OutTimeExcds", "OutParmProbs", "OutSrcQuenchs", "OutRedirects", "OutEchos", "OutEchoReps",
        "OutTimestamps", "OutTimestampReps", "OutAddrMasks", "OutAddrMaskReps",
    ),
    "Tcp": (
        "RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "ActiveOpens", "PassiveOpens", "AttemptFails", "EstabResets", "CurrEstab", "InSegs",
        "OutSegs", "RetransSegs", "InErrs", "OutRsts", "InCsumErrors",
    ),
    "Udp": (
        "InDatagrams", "NoPorts", "InErrors", "OutDatagrams", "RcvbufErrors", "SndbufErrors", "InCsumErrors", "IgnoredMulti", "MemErrors",
    ),
    "UdpLite": (
        "InDatagrams", "NoPorts", "InErrors", "OutDatagrams", "RcvbufErrors", "SndbufErrors", "InCsumErrors", "IgnoredMulti", "MemErrors",
    ),
}  # fmt: skip
NETSTAT_TABLES: dict[str, tuple[str, ...]] = {
    "TcpExt": (
        "SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed", "EmbryonicRsts", "PruneCalled", "RcvPruned", "OfoPruned", "OutOfWindowIcmps",
        "LockDroppedIcmps", "ArpFilter", "TW", "TWRecycled", "TWKilled", "PAWSActive", "PAWSEstab", "BeyondWindow@615", "TSEcrRejected@614",
        "PAWSOldAck@614", "PAWSTimewait@614", "DelayedACKs", "DelayedACKLocked", "DelayedACKLost", "ListenOverflows", "ListenDrops",
        "TCPHPHits", "TCPPureAcks", "TCPHPAcks", "TCPRenoRecovery", "TCPSackRecovery", "TCPSACKReneging", "TCPSACKReorder", "TCPRenoReorder",
        "TCPTSReorder", "TCPFullUndo", "TCPPartialUndo", "TCPDSACKUndo", "TCPLossUndo", "TCPLostRetransmit", "TCPRenoFailures",
        "TCPSackFailures", "TCPLossFailures", "TCPFastRetrans", "TCPSlowStartRetrans", "TCPTimeouts", "TCPLossProbes", "TCPLossProbeRecovery",
        "TCPRenoRecoveryFail", "TCPSackRecoveryFail", "TCPRcvCollapsed", "TCPBacklogCoalesce", "TCPDSACKOldSent", "TCPDSACKOfoSent",
        "TCPDSACKRecv", "TCPDSACKOfoRecv", "TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnMemory", "TCPAbortOnTimeout", "TCPAbortOnLinger",
        "TCPAbortFailed", "TCPMemoryPressures", "TCPMemoryPressuresChrono", "TCPSACKDiscard", "TCPDSACKIgnoredOld", "TCPDSACKIgnoredNoUndo",
        "TCPSpuriousRTOs", "TCPMD5NotFound", "TCPMD5Unexpected", "TCPMD5Failure", "TCPSackShifted", "TCPSackMerged", "TCPSackShiftFallback",
        "TCPBacklogDrop", "PFMemallocDrop", "TCPMinTTLDrop", "TCPDeferAcceptDrop", "IPReversePathFilter", "TCPTimeWaitOverflow",
        "TCPReqQFullDoCookies", "TCPReqQFullDrop", "TCPRetransFail", "TCPRcvCoalesce", "TCPOFOQueue", "TCPOFODrop", "TCPOFOMerge",
        "TCPChallengeACK", "TCPSYNChallenge", "TCPFastOpenActive", "TCPFastOpenActiveFail", "TCPFastOpenPassive", "TCPFastOpenPassiveFail",
        "TCPFastOpenListenOverflow", "TCPFastOpenCookieReqd", "TCPFastOpenBlackhole", "TCPSpuriousRtxHostQueues", "BusyPollRxPackets",
        "TCPAutoCorking", "TCPFromZeroWindowAdv", "TCPToZeroWindowAdv", "TCPWantZeroWindowAdv", "TCPSynRetrans", "TCPOrigDataSent",
        "TCPHystartTrainDetect", "TCPHystartTrainCwnd", "TCPHystartDelayDetect", "TCPHystartDelayCwnd", "TCPACKSkippedSynRecv",
        "TCPACKSkippedPAWS", "TCPACKSkippedSeq", "TCPACKSkippedFinWait2", "TCPACKSkippedTimeWait", "TCPACKSkippedChallenge", "TCPWinProbe",
        "TCPKeepAlive", "TCPMTUPFail", "TCPMTUPSuccess", "TCPDelivered", "TCPDeliveredCE", "TCPAckCompressed", "TCPZeroWindowDrop",
        "TCPRcvQDrop", "TCPWqueueTooBig", "TCPFastOpenPassiveAltKey", "TcpTimeoutRehash", "TcpDuplicateDataRehash", "TCPDSACKRecvSegs",
        "TCPDSACKIgnoredDubious", "TCPMigrateReqSuccess", "TCPMigrateReqFailure", "TCPPLBRehash@602", "TCPAORequired@607", "TCPAOBad@607",
        "TCPAOKeyNotFound@607", "TCPAOGood@607", "TCPAODroppedIcmps@607",
    ),
    "IpExt": (
        "InNoRoutes", "InTruncatedPkts", "InMcastPkts", "OutMcastPkts", "InBcastPkts", "OutBcastPkts", "InOctets", "OutOctets",
        "InMcastOctets", "OutMcastOctets", "InBcastOctets", "OutBcastOctets", "InCsumErrors", "InNoECTPkts", "InECT1Pkts", "InECT0Pkts",
        "InCEPkts", "ReasmOverlaps",
    ),
    "MPTcpExt": (
        "MPCapableSYNRX@618", "MPCapableSYNTX@618", "MPCapableSYNACKRX@618", "MPCapableACKRX@618", "MPCapableFallbackACK@618",
        "MPCapableFallbackSYNACK@618", "MPCapableSYNTXDrop@618", "MPCapableSYNTXDisabled@618", "MPCapableEndpAttempt@618",
        "MPFallbackTokenInit@618", "MPTCPRetrans@618", "MPJoinNoTokenFound@618", "MPJoinSynRx@618", "MPJoinSynBackupRx@618",
        "MPJoinSynAckRx@618", "MPJoinSynAckBackupRx@618", "MPJoinSynAckHMacFailure@618", "MPJoinAckRx@618", "MPJoinAckHMacFailure@618",
        "MPJoinRejected@618", "MPJoinSynTx@618", "MPJoinSynTxCreatSkErr@618", "MPJoinSynTxBindErr@618", "MPJoinSynTxConnectErr@618",
        "DSSNotMatching@618", "DSSCorruptionFallback@618", "DSSCorruptionReset@618", "InfiniteMapTx@618", "InfiniteMapRx@618",
        "DSSNoMatchTCP@618", "DataCsumErr@618", "OFOQueueTail@618", "OFOQueue@618", "OFOMerge@618", "NoDSSInWindow@618", "DuplicateData@618",
        "AddAddr@618", "AddAddrTx@618", "AddAddrTxDrop@618", "EchoAdd@618", "EchoAddTx@618", "EchoAddTxDrop@618", "PortAdd@618",
        "AddAddrDrop@618", "MPJoinPortSynRx@618", "MPJoinPortSynAckRx@618", "MPJoinPortAckRx@618", "MismatchPortSynRx@618",
        "MismatchPortAckRx@618", "RmAddr@618", "RmAddrDrop@618", "RmAddrTx@618", "RmAddrTxDrop@618", "RmSubflow@618", "MPPrioTx@618",
        "MPPrioRx@618", "MPFailTx@618", "MPFailRx@618", "MPFastcloseTx@618", "MPFastcloseRx@618", "MPRstTx@618", "MPRstRx@618",
        "SubflowStale@618", "SubflowRecover@618", "SndWndShared@618", "RcvWndShared@618", "RcvWndConflictUpdate@618", "RcvWndConflict@618",
        "MPCurrEstab@618", "Blackhole@618", "MPCapableDataFallback@618", "MD5SigFallback@618", "DssFallback@618", "SimultConnectFallback@618",
        "FallbackFailed@618", "WinProbe@618",
    ),
}  # fmt: skip
IP6_NAMES = (
    "InReceives", "InHdrErrors", "InTooBigErrors", "InNoRoutes", "InAddrErrors", "InUnknownProtos", "InTruncatedPkts", "InDiscards", "InDelivers",
    "OutForwDatagrams", "OutRequests", "OutDiscards", "OutNoRoutes", "ReasmTimeout", "ReasmReqds", "ReasmOKs", "ReasmFails", "FragOKs",
    "FragFails", "FragCreates", "InMcastPkts", "OutMcastPkts", "InOctets", "OutOctets", "InMcastOctets", "OutMcastOctets", "InBcastOctets",
    "OutBcastOctets", "InNoECTPkts", "InECT1Pkts", "InECT0Pkts", "InCEPkts", "OutTransmits@606",
)  # fmt: skip
ICMP6_TYPES = (
    "DestUnreachs", "PktTooBigs", "TimeExcds", "ParmProblems", "Echos", "EchoReplies", "GroupMembQueries", "GroupMembResponses",
    "GroupMembReductions", "RouterSolicits", "RouterAdvertisements", "NeighborSolicits", "NeighborAdvertisements", "Redirects", "MLDv2Reports",
)  # fmt: skip
UDP6_NAMES = (
    "InDatagrams", "NoPorts", "InErrors", "OutDatagrams", "RcvbufErrors", "SndbufErrors", "InCsumErrors", "IgnoredMulti", "MemErrors",
)  # fmt: skip
UDPLITE6_NAMES = (
    "InDatagrams", "NoPorts", "InErrors", "OutDatagrams", "RcvbufErrors", "SndbufErrors", "InCsumErrors", "MemErrors",
)  # fmt: skip
