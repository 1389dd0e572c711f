package main

import (
	"os"
	"path/filepath"
	"time"
)

// disk is the third yardstick of what is durable: one file, a page written and flushed,
// over and over.
type disk struct {
	file *os.File
	page []byte
	at   int64
}

const (
	pageSize = 4096
	logPages = 1024 // then it begins again at the start, as SQLite's log does
)

func openDisk(dir string) (*disk, error) {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return nil, err
	}
	d := &disk{file: f, page: make([]byte, pageSize)}
	for range logPages { // the file has its length: what follows changes no metadata, which is the faster case
		if _, err := f.Write(d.page); err != nil {
			return nil, err
		}
	}
	return d, f.Sync()
}

func (d *disk) drive(within time.Duration) (flushes int, took time.Duration, err error) {
	began := time.Now()
	for ; time.Since(began) < within; flushes++ {
		if _, err := d.file.WriteAt(d.page, d.at%(logPages*pageSize)); err != nil {
			return 0, 0, err
		}
		if err := d.file.Sync(); err != nil {
			return 0, 0, err
		}
		d.at += pageSize
	}
	return flushes, time.Since(began), nil
}
