"""Any StyleGAN2 checkpoint, read without executing anything; needs numpy, not torch.

`importing.import_checkpoint` is the way in: it starts a child process with limits (child, sandbox), which tells the
format by content (recognition), reads it (pickle_machine, torch_files, safetensors_files), finds the networks
(finding), brings them under NVIDIA's key names (nvidia, rosinality, tensorflow, assembly) and writes safetensors.
"""
