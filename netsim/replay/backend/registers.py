"""Hides wide registers from User-Mode Linux.

A User-Mode Linux keeps its programs' registers in a buffer of fixed size, and dies where the processor has more (AMX). When it cannot read them in the
extended form it falls back to the old one (`arch/x86/um/os-Linux/registers.c`); so that call is made to fail, and programs are told not to use the rest.
"""

from __future__ import annotations

import ctypes
import os
import struct

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
BPF_LD_W_ABS, BPF_JEQ, BPF_RET = 0x20, 0x15, 0x06
SYS_PTRACE, PTRACE_GETREGSET, NT_X86_XSTATE = 101, 0x4204, 0x202
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW, EIO = 0x00050000, 0x7FFF0000, 5
NUMBER, FIRST_ARGUMENT, THIRD_ARGUMENT = 0, 16, 32
"""Places in `struct seccomp_data`."""
WIDE = ("AVX", "AVX2", "AVX512F", "AVX512VL", "AVX512BW", "XSAVE", "XSAVEC", "ERMS", "AVX_Fast_Unaligned_Load")
USABLE = ("AVX_Usable", "AVX2_Usable", "AVX512F_Usable", "XSAVE_Usable", "XSAVEC_Usable")
TUNABLES = "glibc.cpu.hwcaps=" + ",".join(f"-{name}" for name in (*WIDE, *USABLE))
"""For GLIBC_TUNABLES: the C library's fast copies leave those registers alone."""


class Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def hide_wide_registers() -> None:
    """From now on this process and its children cannot read another's extended registers (seccomp(2)); x86-64 only, else nothing happens."""
    if os.uname().machine != "x86_64":
        return
    steps = (
        (BPF_LD_W_ABS, 0, 0, NUMBER), (BPF_JEQ, 0, 5, SYS_PTRACE), (BPF_LD_W_ABS, 0, 0, FIRST_ARGUMENT), (BPF_JEQ, 0, 3, PTRACE_GETREGSET),
        (BPF_LD_W_ABS, 0, 0, THIRD_ARGUMENT), (BPF_JEQ, 0, 1, NT_X86_XSTATE), (BPF_RET, 0, 0, SECCOMP_RET_ERRNO | EIO), (BPF_RET, 0, 0, SECCOMP_RET_ALLOW),
    )  # fmt: skip
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Program(len(steps), ctypes.addressof(code))), 0, 0)
