#!/bin/bash
echo start
echo $((1/0))
echo after $?
readonly r=1
r=2; echo same line
echo next line $?
echo ${nope?gone}
echo never
