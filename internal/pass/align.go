package pass

import (
	"context"
	"slices"
	"time"
)

// ends are the ends of the partitions, as of when the log was asked: a task that has read
// so far had nothing left to read then. That no records came for a moment does not say
// it: another partition's may be at work.
type ends struct {
	of    map[int32]int64
	at    int64 // processing time
	asked int   // how often the log has answered
}

// endsTimeout bounds the question for the ends: commits wait for it.
const endsTimeout = time.Second

// silence is after how many answers of the log, a second or more apart, a partition that
// brought nothing is thought to have nothing more to read. Answers are counted, not time:
// while the machine sleeps or its disk is full, nobody reads.
const silence = 60

// askEnds asks the log how long it is. Without an answer the ends of before stand.
func (p *Pass) askEnds(ctx context.Context) {
	if p.jobs == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, endsTimeout)
	defer cancel()
	at := p.cfg.Clock.Now().UnixMicro()
	of, err := p.cfg.Topic.EndOffsets(ctx)
	if err != nil {
		return // the next time
	}
	p.committing.Lock()
	defer p.committing.Unlock()
	p.jobs.ends = ends{of, at, p.jobs.ends.asked + 1}
}

// readTo is the receive time up to which a task has read its partition. A partition may
// end with what no reader sees, such as the end of somebody's transaction: one that has
// brought nothing for a minute counts as read, too.
func (j *jobs) readTo(t *task) int64 {
	if t.moved {
		t.moving = j.ends.asked
	}
	t.moved = false
	end, known := j.ends.of[t.partition]
	silent := j.ends.asked-t.moving > silence && !slices.Contains(j.held, t.partition)
	if known && t.read >= end || silent {
		return max(t.reached, j.ends.at)
	}
	return t.reached
}

// align lets partitions wait that are too far ahead of others in event time, and lets
// those go on that are not any more. Where nothing is left to read there is nothing to
// wait for. All workers rest.
func (j *jobs) align() {
	drift := j.p.cfg.Pass.Jobs.MaxDrift
	if drift == 0 {
		return
	}
	unread := make(map[int32]bool)
	for _, w := range j.p.workers {
		for _, t := range w.tasks {
			if end, known := j.ends.of[t.partition]; known && t.read < end {
				unread[t.partition] = true
			}
		}
	}
	ahead := j.watermarks.Ahead(drift, unread)
	if slices.Equal(ahead, j.held) {
		return
	}
	select {
	case <-j.p.stopping: // nothing more is read
		return
	default:
	}
	j.held = ahead
	j.p.consumer.Hold(ahead)
}
