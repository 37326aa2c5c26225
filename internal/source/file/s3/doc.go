// Package s3folder is a bucket of an S3-compatible store, to take files from.
// Objects are whole when they are there; one is known by its key and etag, and
// read by ranges of that etag only.
package s3folder
