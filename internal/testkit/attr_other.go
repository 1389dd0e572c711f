//go:build unix && !linux

package testkit

import "syscall"

// ownGroup keeps a terminal's Ctrl-C from reaching a child that cleans up after us.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// ownGroupAndDie can promise the group only: the signal at a parent's death is Linux'.
func ownGroupAndDie() *syscall.SysProcAttr { return ownGroup() }
