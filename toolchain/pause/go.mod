module wegennet.commonground.nl/toolchain/pause

go 1.26.0
