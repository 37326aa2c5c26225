package kafkatest

import "syscall"

// dieWithParent has the kernel end the broker when the test's process ends
// without cleaning up, as it does at a timeout.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
