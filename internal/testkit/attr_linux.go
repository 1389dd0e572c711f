package testkit

import "syscall"

// ownGroup keeps a terminal's Ctrl-C from reaching a child that cleans up after us.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// ownGroupAndDie also ends the child with this binary, even when that is killed.
func ownGroupAndDie() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
