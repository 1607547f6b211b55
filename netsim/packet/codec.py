"""Values to bytes and back: `encode` and `decode`, for captures, raw sockets and fragments."""

from netsim.packet.decode import decode, decode_content, decode_ip, decode_ip6
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.encode import Checksums, encode, encode_content

__all__ = ["Checksums", "DecodeError", "decode", "decode_content", "decode_ip", "decode_ip6", "encode", "encode_content"]
