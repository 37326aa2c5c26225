// Package corrupt breaks some lines of a clean file of order lines, in the ways in which
// senders break them, and writes down which line it broke how. What is made of the
// broken file by a quarantine, and by the repair of what lies in it, can then be compared
// with the clean one.
//
// Only sound lines are broken, each in one way, and each can be repaired: what a way
// takes from a line is elsewhere in it, in the file, or in the label.
package corrupt
