"""ipvsadm (ipvsadm 1.31): the tool for virtual services, man ipvsadm(8)."""
