// pause is the first process of a pod sandbox, and of the namespaces that hold a test cluster.
//
// It reaps orphans and ends on SIGTERM or SIGINT. With -until-stdin-closes it also ends when nobody holds the
// other end of its standard input any more, so that namespaces never outlive the process that made them.
package main

import (
	"flag"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	untilStdinCloses := flag.Bool("until-stdin-closes", false, "end when standard input closes")
	flag.Parse()
	if *untilStdinCloses {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if pid <= 0 {
				break
			}
		}
	}
}
