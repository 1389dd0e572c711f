package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of times in /proc/PID/stat: a hundredth of a second on Linux,
// whatever the machine (proc_pid_stat(5), sysconf(_SC_CLK_TCK)).
const tick = 10 * time.Millisecond

// stat is what /proc/PID/stat tells of a process.
type stat struct {
	parent int
	cpu    time.Duration // user and system, of all its threads
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The name, in parentheses, may hold anything; behind it stand state, ppid, …, utime, stime.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	parent, err1 := strconv.Atoi(string(fields[1]))
	user, err2 := strconv.Atoi(string(fields[11]))
	system, err3 := strconv.Atoi(string(fields[12]))
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return stat{}, err
		}
	}
	return stat{parent: parent, cpu: time.Duration(user+system) * tick}, nil
}

// cpuOf is the processor time of one process so far.
func cpuOf(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	return s.cpu, err
}

// cpuBelow is that of a process and its children, such as PostgreSQL's. Children that
// have ended are not in it.
func cpuBelow(pid int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	total, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, dir := range dirs {
		child, _ := strconv.Atoi(filepath.Base(dir))
		if s, err := readStat(child); err == nil && s.parent == pid { // others come and go
			total += s.cpu
		}
	}
	return total, nil
}

// ownCPU is what this process, the callers, has used so far.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// loadAverage is that of the last minute; empty where the system does not tell.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// residentOf is the memory of a process that is resident now, in bytes.
func residentOf(pid int) (int64, error) { return memoryOf(pid, "VmRSS:") }

// peakOf is the most that ever was.
func peakOf(pid int) (int64, error) { return memoryOf(pid, "VmHWM:") }

func memoryOf(pid int, name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no %s", pid, name)
}
