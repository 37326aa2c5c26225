package stream

// Shape sets a digest of what the job's state means, for jobs whose definition comes
// from outside of the program. The engine refuses a job whose shape differs from that
// of its state, unless its version is higher: then the job begins anew.
func (j *Job) Shape(digest string) *Job {
	j.shape = digest
	return j
}
