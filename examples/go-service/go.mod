module example.com/holdfast/go-service

go 1.22
